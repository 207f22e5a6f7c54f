import { heartbeat } from '@temporalio/activity';
import { FileRefused } from '../domain/file-verdict';
import { settledAccounts } from '../prisma/identity';
import {
  acceptBankFile,
  acceptSettlementFile,
  clearStaged,
  contentOf,
  findFile,
  rejectFile,
  stageLines,
  type FileKey,
  type FileRecord,
} from '../prisma/settlement-file';
import { readBankStatement } from '../providers/bank-statement';
import { readSettlementFile } from '../providers/stripe/settlement-file';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { linesOf } from './reconciliation';

/** What was found of a file. */
export interface FileOutcome {
  readonly state: string;
  readonly verdict: string | null;
  readonly problem: string | null;
  /** The settlement days that are to be looked at again. */
  readonly days: readonly string[];
}

const mostBankBytes = 32 * 1024 * 1024;

/**
 * Reads a file that was handed in and takes it over whole, or refuses it whole with the reason (R4). A retry is safe: lines are
 * staged apart from all others until the totals agree, a new try forgets what was staged before, and a file that has its verdict
 * keeps it.
 */
export async function importFile(dependencies: Dependencies, key: FileKey): Promise<FileOutcome> {
  const { reconciliation } = dependencies.databases;
  const file = await findFile(reconciliation, key);
  if (file === undefined) throw failure('NotFound', `there is no file ${key.fileId}`);
  if (file.state === 'received') {
    try {
      await (file.kind === 'bank' ? importBank(dependencies, file) : importSettlement(dependencies, file));
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      await rejectFile(reconciliation, key, error.verdict, error.message, error.lineNumber);
    }
  }
  const { state, verdict, problem, days } = (await findFile(reconciliation, key)) ?? file;
  return { state, verdict, problem, days };
}

async function importSettlement(dependencies: Dependencies, file: FileRecord): Promise<void> {
  const { databases, failpoint } = dependencies;
  const { reconciliation } = databases;
  const account = file.merchantId;
  const settled = (await settledAccounts(databases.identity)).find((one) => one.account === account);
  const merchants = settled?.merchants ?? [account];
  await clearStaged(reconciliation, file);
  const totals = await readSettlementFile(contentOf(reconciliation, file), async (lines) => {
    heartbeat();
    const owned = await linesOf(databases, { account, merchants }, lines);
    const staged = owned.map((line, index) => ({ ...line, lineNumber: lines[index]?.lineNumber ?? 0 }));
    const doubled = await stageLines(reconciliation, file, staged);
    if (doubled !== undefined)
      throw new FileRefused('doubled', 'a balance_transaction_id that the file has had before', doubled);
    await failpoint('file.staged', file.fileId);
  });
  await failpoint('file.read', file.fileId);
  await acceptSettlementFile(reconciliation, file, totals.list());
}

async function importBank({ databases }: Dependencies, file: FileRecord): Promise<void> {
  const { reconciliation } = databases;
  if (file.size > BigInt(mostBankBytes))
    throw new FileRefused('malformed', `a bank statement may have ${String(mostBankBytes / 1024 / 1024)} MiB at most`);
  const parts: Uint8Array[] = [];
  for await (const part of contentOf(reconciliation, file)) parts.push(part);
  const { entries, totals } = readBankStatement(Buffer.concat(parts));
  heartbeat();
  await acceptBankFile(reconciliation, file, entries, totals.list());
}
