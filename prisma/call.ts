import type { PrismaClient } from './database';

/** What was answered to a call: with its headers, ready to be sent again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the caller of a call had to show: a key, a sign-in without or with a second factor, or a shell on a machine of ours. */
export const callFactors = ['api_key', 'sign_in', 'second_factor', 'command_line'] as const;
export type CallFactor = (typeof callFactors)[number];

/** What a caller is to do. `proceed`: carry it out. `running`: the same call has not been answered yet. `reused`: the key came with another request. */
export type BegunCall =
  | {
      readonly outcome: 'proceed' | 'running' | 'reused';
      readonly callId: bigint;
      /** When its key was first sent; null without one. */
      readonly firstSentAt: Date | null;
    }
  | { readonly outcome: 'replay'; readonly callId: bigint; readonly answer: KeptAnswer };

interface AnswerRow {
  readonly status: number | null;
  readonly headers: Record<string, string> | null;
  readonly body: Uint8Array | null;
}

const answerOf = ({ status, headers, body }: AnswerRow): KeptAnswer => ({
  status: status ?? 500,
  headers: headers ?? {},
  body: body ?? new Uint8Array(),
});

/**
 * Records a call before it is carried out, and looks what was answered under its idempotency key.
 *
 * @param call.exclusive whether a second one must wait for the first; false where a row guards what is made
 */
export async function beginCall(
  identity: PrismaClient,
  call: {
    readonly merchantId: string;
    readonly actor: string;
    readonly method: string;
    readonly path: string;
    readonly requestId: string;
    readonly key: string | null;
    readonly fingerprint: Uint8Array;
    readonly exclusive: boolean;
    readonly lockSeconds: number;
    readonly keepDays: number;
    /** From where it came; null where that is no network. */
    readonly remoteAddress: string | null;
    readonly factor: CallFactor;
  },
): Promise<BegunCall> {
  const rows = await identity.$queryRaw<
    ({ outcome: string; call_id: bigint; first_sent_at: Date | null } & AnswerRow)[]
  >`
    SELECT * FROM identity.begin_call(${call.merchantId}, ${call.actor}, ${call.method}, ${call.path}, ${call.requestId},
      ${call.key}::text, ${call.fingerprint}::bytea, ${call.exclusive}, ${call.lockSeconds}::integer, ${call.keepDays}::integer, ${call.remoteAddress}::text, ${call.factor})`;
  const row = rows[0];
  if (row === undefined) throw new Error('begin_call answered nothing');
  const { outcome, call_id: callId } = row;
  if (outcome === 'replay') return { outcome, callId, answer: answerOf(row) };
  return { outcome: outcome as 'proceed' | 'running' | 'reused', callId, firstSentAt: row.first_sent_at };
}

/**
 * Records how a call ended, and keeps its answer under its key. Answers another answer when one was kept meanwhile.
 *
 * @param end.keep null: nothing was carried out, and the key is free again
 */
export async function endCall(
  identity: PrismaClient,
  end: {
    readonly callId: bigint;
    readonly merchantId: string;
    readonly status: number;
    readonly replayed: boolean;
    /** Whether the key was this call's to answer. */
    readonly ownsKey: boolean;
    readonly reason: string | null;
    readonly keep: { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array } | null;
  },
): Promise<KeptAnswer | undefined> {
  const rows = await identity.$queryRaw<AnswerRow[]>`
    SELECT * FROM identity.end_call(${end.callId}, ${end.merchantId}, ${end.status}::integer, ${end.replayed}, ${end.ownsKey},
      ${end.reason}::text,
      ${end.keep === null ? null : JSON.stringify(end.keep.headers)}::jsonb, ${end.keep?.body ?? null}::bytea)`;
  return rows[0] === undefined ? undefined : answerOf(rows[0]);
}

/** A call that changed something, or tried to. */
export interface CallRecord {
  readonly callId: bigint;
  readonly actor: string;
  readonly method: string;
  readonly path: string;
  readonly reason: string | null;
  readonly idempotencyKey: string | null;
  readonly requestId: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly status: number | null;
  readonly replayed: boolean;
  readonly remoteAddress: string | null;
  /** Null for calls that are older than the record of it. */
  readonly factor: string | null;
}

/** Which calls are looked for. */
export interface CallFilter {
  readonly actor?: string | undefined;
  readonly factor?: CallFactor | undefined;
  /** What their paths begin with. */
  readonly path?: string | undefined;
  readonly started?: { readonly gte?: Date; readonly lt?: Date } | undefined;
}

/** Newest first. */
export async function listCalls(
  identity: PrismaClient,
  merchantId: string,
  { actor, factor, path, started }: CallFilter,
  limit: number,
  before: bigint | null,
): Promise<CallRecord[]> {
  return identity.call.findMany({
    where: {
      merchantId,
      ...(actor !== undefined && { actor }),
      ...(factor !== undefined && { factor }),
      ...(path !== undefined && { path: { startsWith: path } }),
      ...(started !== undefined && { startedAt: started }),
      ...(before !== null && { callId: { lt: before } }),
    },
    orderBy: { callId: 'desc' },
    take: limit,
  });
}
