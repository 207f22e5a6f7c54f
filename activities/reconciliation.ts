import { heartbeat } from '@temporalio/activity';
import { keyOfCorrection, keyOfMetadata, keyOfMovement } from '../domain/reconciliation';
import { keysOfBreaks } from '../prisma/break';
import { merchantsOfDisputes } from '../prisma/dispute';
import { settledAccounts, type SettledAccount } from '../prisma/identity';
import { clearingEntries, endOfPage, extendChain, type ClearingEntry } from '../prisma/ledger-report';
import { pspNamesOf } from '../prisma/payment-order';
import { pspNamesOfTransfers } from '../prisma/payout';
import {
  addItems,
  addLines,
  beginRun,
  cursorOf,
  endRun,
  failRun,
  lastDayIn,
  matchAndClassify,
  settlementDay,
  type NewItem,
  type NewLine,
  type RunCheck,
} from '../prisma/reconciliation';
import { pspNamesOfRefunds } from '../prisma/refund';
import type { SettlementLine, SettlementPage } from '../providers/provider';
import type { Dependencies, ReconciliationWindows } from './dependencies';
import { failure } from './failure';

/** A settlement day of a PSP account that is to be reconciled. Instants as ISO 8601. */
export interface ReconciliationDay {
  readonly account: string;
  readonly merchants: readonly string[];
  readonly date: string;
  readonly timeZone: string;
  readonly from: string;
  readonly to: string;
  /** When both sides began to be read; runs of version 0.4 have not said it. */
  readonly began?: string;
}

export interface ReconciliationResult {
  readonly date: string;
  readonly state: string;
  readonly openBreaks: number;
}

const pageOfLinks = 2_000;
const linesAtOnce = 1_000;
/** Lines that the PSP adds to a day that was read already are found by the runs of the next days. */
const lookBackMs = 2 * 24 * 3_600_000;
/** Of a payment at midnight the one side may be of this day, and the other of the next (R3). */
const lookAheadMs = 15 * 60_000;
export const usualWindows: ReconciliationWindows = {
  settleSeconds: 3_600,
  windowSeconds: 2 * 24 * 3_600,
  orphanSeconds: 900,
  mendingSeconds: 120,
  bankDays: 5,
};
export const windowsOf = ({ reconciliationWindows }: Dependencies): ReconciliationWindows =>
  reconciliationWindows ?? usualWindows;

export const instantsOf = (day: ReconciliationDay) => ({
  date: day.date,
  from: new Date(day.from),
  to: new Date(day.to),
});

async function mustFindAccount({ databases }: Dependencies, wanted: string): Promise<SettledAccount> {
  const settled = (await settledAccounts(databases.identity)).find(({ account }) => account === wanted);
  if (settled === undefined) throw failure('NotFound', `merchant ${wanted} has no PSP account of its own`);
  return settled;
}

/** The last day that is over in an account's zone. A retry is safe: it reads. */
export async function lastSettlementDay(
  dependencies: Dependencies,
  input: { account: string },
): Promise<{ date: string }> {
  const { timeZone } = await mustFindAccount(dependencies, input.account);
  return { date: await lastDayIn(dependencies.databases.reconciliation, timeZone, new Date()) };
}

/** Begins the run of a day. A retry is safe: it is the same row. */
export async function beginReconciliation(
  dependencies: Dependencies,
  { account, date }: { account: string; date: string },
): Promise<ReconciliationDay> {
  const day = await dayOfAccount(dependencies, account, date);
  await beginRun(dependencies.databases.reconciliation, account, instantsOf(day), day.timeZone);
  return day;
}

/**
 * Takes over what the ledger says has moved at the PSP, from where the last run had got to. A retry is safe: each entry is
 * taken over once, and how far it went is noted with it.
 */
export async function collectOurSide(
  { databases }: Dependencies,
  day: Pick<ReconciliationDay, 'merchants'>,
): Promise<{ items: number }> {
  const { ledger, reconciliation } = databases;
  while ((await extendChain(ledger)).more) heartbeat();
  let items = 0;
  for (const merchantId of day.merchants) {
    let seq = await cursorOf(reconciliation, merchantId);
    for (;;) {
      heartbeat();
      const last = await endOfPage(ledger, merchantId, seq, pageOfLinks);
      if (last === undefined) break;
      const entries = await clearingEntries(ledger, merchantId, seq, last);
      await addItems(reconciliation, merchantId, last, await itemsOf(databases, merchantId, entries));
      items += entries.length;
      seq = last;
    }
  }
  return { items };
}

async function itemsOf(
  { payments, payouts, reconciliation }: Dependencies['databases'],
  merchantId: string,
  entries: readonly ClearingEntry[],
): Promise<NewItem[]> {
  const idsOf = (type: string): string[] => [
    ...new Set(entries.filter(({ sourceType }) => sourceType === type).map(({ sourceId }) => sourceId)),
  ];
  const orders = new Map(
    (await pspNamesOf(payments, merchantId, idsOf('payment_order'))).map((order) => [order.paymentOrderId, order]),
  );
  const refunds = new Map(
    (await pspNamesOfRefunds(payments, merchantId, idsOf('refund'))).map((refund) => [
      refund.refundId,
      refund.pspReference,
    ]),
  );
  const transfers = new Map(
    (await pspNamesOfTransfers(payouts, merchantId, idsOf('payout'))).map((payout) => [
      payout.payoutId,
      payout.transferReference,
    ]),
  );
  const corrected = await keysOfBreaks(reconciliation, merchantId, idsOf('break'));
  const named = (sourceType: string, sourceId: string, family: string) => {
    const order = sourceType === 'payment_order' && family === 'charge' ? orders.get(sourceId) : undefined;
    switch (sourceType) {
      case 'psp_payment':
        return { reference: null, parent: sourceId };
      case 'refund':
        return { reference: refunds.get(sourceId) ?? null, parent: null };
      case 'payout':
        return { reference: transfers.get(sourceId) ?? null, parent: null };
      case 'dispute':
        return { reference: sourceId, parent: null };
      default:
        return { reference: order?.charge ?? null, parent: order?.payment ?? null };
    }
  };
  return entries.map((entry) => {
    const movement =
      entry.sourceType === 'break'
        ? keyOfCorrection(corrected.get(entry.sourceId) ?? entry.sourceId, entry.leg)
        : keyOfMovement(entry);
    return { ...entry, ...movement, ...named(entry.sourceType, entry.sourceId, movement.family) };
  });
}

/**
 * Reads what the PSP says has moved, all pages of the day and of those before it. A retry is safe: each line is kept once
 * under the PSP's id of it.
 */
export async function importPspSide(
  { databases, providerOf, failpoint }: Dependencies,
  day: ReconciliationDay,
): Promise<{ lines: number; changed: number }> {
  const provider = await providerOf(day.account);
  let [lines, changed] = [0, 0];
  let waiting: SettlementLine[] = [];
  const keep = async (): Promise<void> => {
    changed += await addLines(databases.reconciliation, day.account, await linesOf(databases, day, waiting));
    lines += waiting.length;
    waiting = [];
  };
  const span = { from: new Date(Date.parse(day.from) - lookBackMs), to: new Date(Date.parse(day.to) + lookAheadMs) };
  let after: string | null = null;
  do {
    heartbeat();
    const page: SettlementPage = await provider.settlementPage(span, after);
    waiting.push(...page.lines);
    after = page.next;
    if (waiting.length >= linesAtOnce) await keep();
  } while (after !== null);
  await failpoint('reconciliation.importing', day.date);
  if (waiting.length > 0) await keep();
  return { lines, changed };
}

export async function linesOf(
  { payments }: Dependencies['databases'],
  { account, merchants }: Pick<ReconciliationDay, 'account' | 'merchants'>,
  lines: readonly SettlementLine[],
): Promise<NewLine[]> {
  // A dispute carries no ids of ours; it is found by its own.
  const disputes = await merchantsOfDisputes(
    payments,
    merchants,
    lines.flatMap(({ family, source }) => (family === 'dispute' && source !== null ? [source] : [])),
  );
  return lines.map(({ metadata, ...line }) => {
    const said = metadata['merchant_id'] ?? disputes.get(line.source ?? '');
    return {
      ...line,
      merchantId: said !== undefined && merchants.includes(said) ? said : account,
      ownKey: keyOfMetadata(line.family, metadata),
      paymentOrderId: metadata['payment_order_id'] ?? null,
    };
  });
}

/** Compares both sides and ends the run: what runs of version 0.4 ask for. A retry is safe: it comes to the same (R8). */
export async function compareSides(dependencies: Dependencies, day: ReconciliationDay): Promise<ReconciliationResult> {
  await compare(dependencies, day);
  return end(dependencies, day, []);
}

/** Ends a day's run with what it has come to. A retry is safe: it comes to the same (R8). */
export async function end(
  { databases: { reconciliation } }: Dependencies,
  day: ReconciliationDay,
  checks: readonly RunCheck[],
): Promise<ReconciliationResult> {
  const { state, openBreaks } = await endRun(reconciliation, day.account, day.merchants, instantsOf(day), checks);
  return { date: day.date, state, openBreaks };
}

async function compare(dependencies: Dependencies, day: ReconciliationDay): Promise<void> {
  const { reconciliation } = dependencies.databases;
  const windows = windowsOf(dependencies);
  const began = new Date(day.began ?? Date.now());
  const until = { timeZone: day.timeZone, to: new Date(day.to), began };
  for (const merchantId of day.merchants) {
    heartbeat();
    await matchAndClassify(reconciliation, merchantId, day.account, until, windows);
  }
}

/**
 * Compares both sides and names what differs. A retry is safe: what agrees agrees, and a mismatch is one row however often it is
 * found.
 */
export async function matchSides(dependencies: Dependencies, day: ReconciliationDay): Promise<void> {
  await dependencies.failpoint('reconciliation.before_matching', day.date);
  await compare(dependencies, day);
  await dependencies.failpoint('reconciliation.after_matching', day.date);
}

/** A settlement day of an account again, as one of its cases needs it. */
export async function dayOfAccount(
  dependencies: Dependencies,
  account: string,
  date: string,
): Promise<ReconciliationDay> {
  const began = new Date().toISOString();
  const { merchants, timeZone } = await mustFindAccount(dependencies, account);
  const { from, to } = await settlementDay(dependencies.databases.reconciliation, date, timeZone);
  return { account, merchants, date, timeZone, from: from.toISOString(), to: to.toISOString(), began };
}

/** Says on the row that a day's run has come to nothing. A retry is safe: the row says so once. */
export const failReconciliation = (
  { databases }: Dependencies,
  { account, date }: { account: string; date: string },
): Promise<void> => failRun(databases.reconciliation, account, date);
