import { heartbeat } from '@temporalio/activity';
import { keyOfMetadata, keyOfMovement } from '../domain/reconciliation';
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
} from '../prisma/reconciliation';
import { pspNamesOfRefunds } from '../prisma/refund';
import type { SettlementLine, SettlementPage } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/** A settlement day of a PSP account that is to be reconciled. Instants as ISO 8601. */
export interface ReconciliationDay {
  readonly account: string;
  readonly merchants: readonly string[];
  readonly date: string;
  readonly timeZone: string;
  readonly from: string;
  readonly to: string;
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
/** For so long a movement may be on one side only without being a mismatch: ours is booked in seconds … */
const settleSeconds = 3_600;
/** … and the PSP's line may come some days later. */
const windowSeconds = 2 * 24 * 3_600;

const dayOf = (day: ReconciliationDay) => ({ date: day.date, from: new Date(day.from), to: new Date(day.to) });

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
  const { merchants, timeZone } = await mustFindAccount(dependencies, account);
  const { reconciliation } = dependencies.databases;
  const day = await settlementDay(reconciliation, date, timeZone);
  await beginRun(reconciliation, account, day, timeZone);
  return { account, merchants, date, timeZone, from: day.from.toISOString(), to: day.to.toISOString() };
}

/**
 * Takes over what the ledger says has moved at the PSP, from where the last run had got to. A retry is safe: each entry is
 * taken over once, and how far it went is noted with it.
 */
export async function collectOurSide({ databases }: Dependencies, day: ReconciliationDay): Promise<{ items: number }> {
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
  { payments, payouts }: Dependencies['databases'],
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
    const movement = keyOfMovement(entry);
    return { ...entry, ...movement, ...named(entry.sourceType, entry.sourceId, movement.family) };
  });
}

/**
 * Reads what the PSP says has moved, all pages of the day and of those before it. A retry is safe: each line is kept once
 * under the PSP's id of it.
 */
export async function importPspSide(
  { databases, providerOf }: Dependencies,
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
  const span = { from: new Date(Date.parse(day.from) - lookBackMs), to: new Date(day.to) };
  let after: string | null = null;
  do {
    heartbeat();
    const page: SettlementPage = await provider.settlementPage(span, after);
    waiting.push(...page.lines);
    after = page.next;
    if (waiting.length >= linesAtOnce) await keep();
  } while (after !== null);
  if (waiting.length > 0) await keep();
  return { lines, changed };
}

async function linesOf(
  { payments }: Dependencies['databases'],
  { account, merchants }: ReconciliationDay,
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

/** Compares both sides and ends the run. A retry is safe: it comes to the same (R8). */
export async function compareSides(
  { databases: { reconciliation }, reconciliationWindows }: Dependencies,
  day: ReconciliationDay,
): Promise<ReconciliationResult> {
  const windows = reconciliationWindows ?? { settleSeconds, windowSeconds };
  for (const merchantId of day.merchants) {
    heartbeat();
    await matchAndClassify(reconciliation, merchantId, day.account, dayOf(day), windows);
  }
  const { state, openBreaks } = await endRun(reconciliation, day.account, day.merchants, dayOf(day));
  return { date: day.date, state, openBreaks };
}

/** Says on the row that a day's run has come to nothing. A retry is safe: the row says so once. */
export const failReconciliation = (
  { databases }: Dependencies,
  { account, date }: { account: string; date: string },
): Promise<void> => failRun(databases.reconciliation, account, date);
