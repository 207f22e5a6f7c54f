import type { BankEntry } from '../domain/bank-entry';
import type { PrismaClient } from './database';
import { long, wireLine, type NewLine } from './reconciliation';

export const fileKinds = ['settlement', 'bank'] as const;
export type FileKind = (typeof fileKinds)[number];
export const fileStates = ['received', 'accepted', 'rejected'] as const;
export const fileVerdicts = [
  'accepted',
  'corrected',
  'unchanged',
  'empty',
  'malformed',
  'cut_short',
  'wrong_totals',
  'doubled',
] as const;
export type FileVerdict = (typeof fileVerdicts)[number];

/** What a file says, or was found to say, that its lines come to in a currency. Minor units, as text. */
export interface FileTotals {
  readonly currency: string;
  readonly lines: number;
  readonly amount: string;
  readonly fee: string;
  readonly net: string;
}

/** A file that was handed in, and what was found of it. */
export interface FileRecord {
  readonly merchantId: string;
  /** The SHA-256 of its content. */
  readonly fileId: string;
  readonly kind: FileKind;
  readonly name: string;
  readonly size: bigint;
  readonly timeZone: string;
  readonly state: (typeof fileStates)[number];
  readonly verdict: FileVerdict | null;
  readonly problem: string | null;
  readonly lineNumber: number | null;
  readonly lines: number | null;
  readonly newLines: number | null;
  readonly changedLines: number | null;
  readonly totals: readonly FileTotals[];
  /** The settlement days that its lines are of, ISO 8601. */
  readonly days: readonly string[];
  readonly receivedBy: string;
  readonly receivedAt: Date;
  readonly finishedAt: Date | null;
}

export interface FileKey {
  readonly merchantId: string;
  readonly fileId: string;
}

type StoredFile = Omit<FileRecord, 'kind' | 'state' | 'verdict' | 'totals'> & {
  kind: string;
  state: string;
  verdict: string | null;
  totals: unknown;
};
const fileOf = (row: StoredFile): FileRecord => ({
  ...row,
  kind: row.kind as FileKind,
  state: row.state as FileRecord['state'],
  verdict: row.verdict as FileVerdict | null,
  totals: row.totals as readonly FileTotals[],
});

/** Keeps a part of what is being handed in. */
export async function addFilePart(
  reconciliation: PrismaClient,
  merchantId: string,
  upload: string,
  part: number,
  content: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await reconciliation.reconciliationFilePart.create({ data: { merchantId, fileId: upload, part, content } });
}

/** Forgets an upload that comes to nothing. */
export async function dropUpload(reconciliation: PrismaClient, merchantId: string, upload: string): Promise<void> {
  await reconciliation.reconciliationFilePart.deleteMany({ where: { merchantId, fileId: upload } });
}

/** Makes a whole upload a file. Answers false when a file of that content is there already: it is that one (R4). */
export async function keepFile(
  reconciliation: PrismaClient,
  upload: string,
  file: FileKey & {
    readonly kind: FileKind;
    readonly name: string;
    readonly size: bigint;
    readonly timeZone: string;
    readonly receivedBy: string;
  },
): Promise<boolean> {
  const rows = await reconciliation.$queryRaw<{ kept: boolean }[]>`
    SELECT reconciliation.keep_file(${file.merchantId}, ${upload}, ${file.fileId}, ${file.kind}, ${file.name}, ${file.size}::bigint, ${file.timeZone},
                                    ${file.receivedBy}) AS kept`;
  return rows[0]?.kept ?? false;
}

export async function findFile(
  reconciliation: PrismaClient,
  { merchantId, fileId }: FileKey,
): Promise<FileRecord | undefined> {
  const row = await reconciliation.reconciliationFile.findFirst({ where: { merchantId, fileId } });
  return row === null ? undefined : fileOf(row);
}

/** The newest first. */
export async function listFiles(
  reconciliation: PrismaClient,
  merchantId: string,
  limit: number,
  after: string | null,
): Promise<FileRecord[]> {
  const from = after === null ? undefined : await findFile(reconciliation, { merchantId, fileId: after });
  if (after !== null && from === undefined) return [];
  const rows = await reconciliation.reconciliationFile.findMany({
    where: {
      merchantId,
      ...(from !== undefined && {
        OR: [{ receivedAt: { lt: from.receivedAt } }, { receivedAt: from.receivedAt, fileId: { lt: from.fileId } }],
      }),
    },
    orderBy: [{ receivedAt: 'desc' }, { fileId: 'desc' }],
    take: limit,
  });
  return rows.map(fileOf);
}

/** A file's content, part by part: never more than one of them in memory. */
export async function* contentOf(
  reconciliation: PrismaClient,
  { merchantId, fileId }: FileKey,
): AsyncGenerator<Uint8Array> {
  for (let part = 0; ; part += 1) {
    const row = await reconciliation.reconciliationFilePart.findFirst({ where: { merchantId, fileId, part } });
    if (row === null) return;
    yield row.content;
  }
}

/** Begins the reading of a file anew: what an earlier try has staged is forgotten. */
export async function clearStaged(reconciliation: PrismaClient, { merchantId, fileId }: FileKey): Promise<void> {
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$executeRaw`
      DELETE FROM reconciliation.staged_line WHERE merchant_id = ${merchantId} AND file_id = ${fileId}`,
  ]);
}

/** Stages lines of a file. Answers the first one that the file has had before; nothing when each is new. */
export async function stageLines(
  reconciliation: PrismaClient,
  { merchantId, fileId }: FileKey,
  lines: readonly (NewLine & { readonly lineNumber: number })[],
): Promise<number | undefined> {
  const rows = lines.map((line) => ({ ...wireLine(line), line_number: line.lineNumber, owner_id: line.merchantId }));
  const result = await reconciliation.$queryRaw<{ doubled: number | null }[]>`
    SELECT reconciliation.stage_lines(${merchantId}, ${fileId}, ${JSON.stringify(rows)}::jsonb) AS doubled`;
  return result[0]?.doubled ?? undefined;
}

/** Takes the staged lines over, all of them, with the file's verdict. Safe to repeat once: a file that has its verdict keeps it. */
export async function acceptSettlementFile(
  reconciliation: PrismaClient,
  { merchantId, fileId }: FileKey,
  totals: readonly FileTotals[],
): Promise<void> {
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw`
      SELECT reconciliation.accept_settlement_file(${merchantId}, ${fileId}, ${JSON.stringify(totals)}::jsonb)`,
  ]);
}

/** Takes a bank statement's entries over, all of them, with the file's verdict. */
export async function acceptBankFile(
  reconciliation: PrismaClient,
  { merchantId, fileId }: FileKey,
  entries: readonly BankEntry[],
  totals: readonly FileTotals[],
): Promise<void> {
  const rows = entries.map((entry) => ({
    entry_id: entry.entryId,
    bank_account: entry.bankAccount,
    booked_on: entry.bookedOn,
    amount: entry.amountMinor.toString(),
    currency: entry.currency,
    reference: entry.reference,
    is_psp: entry.isPsp,
  }));
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw`
      SELECT reconciliation.accept_bank_file(${merchantId}, ${fileId}, ${JSON.stringify(rows)}::jsonb, ${JSON.stringify(totals)}::jsonb)`,
  ]);
}

/** Refuses a file: nothing of it stays but the word why. */
export async function rejectFile(
  reconciliation: PrismaClient,
  { merchantId, fileId }: FileKey,
  verdict: FileVerdict,
  problem: string,
  lineNumber: number | null,
): Promise<void> {
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw`
      SELECT reconciliation.reject_file(${merchantId}, ${fileId}, ${verdict}, ${problem.slice(0, 500)}, ${lineNumber}::integer)::text`,
  ]);
}
