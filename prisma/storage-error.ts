import { Prisma } from './generated/client';

/** What a storage error means to the caller. `unavailable`: try again. `conflict`: our own rules refused it. */
export type StorageProblem = 'unavailable' | 'conflict' | 'not_storage';

const transientCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);
/** Connection, resource, operator intervention, serialization and deadlock classes of SQLSTATE; and our own "not yet". */
const transientSqlState = /^(08|53|57|58|40|25P0|55P03|PS503)/;
const conflictSqlState = /^(23|PS|42501|P0)/;
/** What pg and its pool throw themselves and Prisma hands on as it is: no connection was free in time, or it has ended. */
const poolMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after|Query read timeout)/;
const socketCodes = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)/;

/** The SQLSTATE under a Prisma error, wherever this version of Prisma has put it. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    const meta = error.meta as
      { code?: string; driverAdapterError?: { cause?: { originalCode?: string; code?: string } } } | undefined;
    return meta?.driverAdapterError?.cause?.originalCode ?? meta?.driverAdapterError?.cause?.code ?? meta?.code;
  }
  return undefined;
}

/** The server's message under a Prisma error, for telling our own exceptions apart. */
export function storageMessage(error: unknown): string {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    const meta = error.meta as
      { driverAdapterError?: { cause?: { originalMessage?: string; message?: string } } } | undefined;
    const cause = meta?.driverAdapterError?.cause;
    return cause?.originalMessage ?? cause?.message ?? error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Sorts an error of a repository call. Anything Prisma can't name is taken for a broken connection: trying again is safe, as every write is guarded. */
export function classifyStorageError(error: unknown): StorageProblem {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    const state = sqlState(error);
    if (state !== undefined && transientSqlState.test(state)) return 'unavailable';
    if (state !== undefined && conflictSqlState.test(state)) return 'conflict';
    if (error.code === 'P2002' || error.code === 'P2003' || error.code === 'P2004') return 'conflict';
    if (transientCodes.has(error.code)) return 'unavailable';
    return state === undefined ? 'unavailable' : 'conflict';
  }
  if (
    error instanceof Prisma.PrismaClientInitializationError ||
    error instanceof Prisma.PrismaClientUnknownRequestError ||
    error instanceof Prisma.PrismaClientRustPanicError
  ) {
    return 'unavailable';
  }
  if (!(error instanceof Error)) return 'not_storage';
  const { code } = error as { code?: unknown };
  const isBroken =
    error.name === 'DriverAdapterError' ||
    poolMessages.test(error.message) ||
    (typeof code === 'string' && (socketCodes.test(code) || transientSqlState.test(code)));
  return isBroken ? 'unavailable' : 'not_storage';
}
