import { heartbeat, log } from '@temporalio/activity';
import {
  dateLots,
  markMoved,
  releaseDue,
  undatedLots,
  unmovedLots,
  type UndatedLot,
  type UnmovedLot,
} from '../prisma/ledger';
import { availabilityOf, findPaymentOrder, saveAvailability, saveAvailabilityOf } from '../prisma/payment-order';
import { followLedger, type FollowInput } from '../prisma/wallet';
import type { PaymentProvider } from '../providers/provider';
import type { Dependencies } from './dependencies';

export interface ReleaseCounts {
  readonly dated: number;
  readonly released: number;
}

const batch = 1_000;
const mostBatches = 20;
/** The PSP is asked about money this old that it hasn't dated with the charge itself. */
const askAfterMs = 60_000;
const mostAskedOneByOne = 50;

/**
 * Moves what the PSP says is available from pending to available (P1): a few statements for a thousand payments, and no
 * timer per order. A retry is safe: dates are set once, each release has its payment order as its source, and wallets that
 * were not told are told by the next run.
 */
export async function releaseAvailableFunds(dependencies: Dependencies): Promise<ReleaseCounts> {
  const { ledger } = dependencies.databases;
  const dated = await dateUndated(dependencies);
  let released = 0;
  for (let round = 0; round < mostBatches; round += 1) {
    heartbeat();
    const taken = await releaseDue(ledger, batch);
    released += taken;
    await tellWallets(dependencies);
    if (taken < batch) break;
  }
  return { dated, released };
}

async function dateUndated(dependencies: Dependencies): Promise<number> {
  const { ledger, payments } = dependencies.databases;
  const undated = await undatedLots(ledger, batch);
  if (undated.length === 0) return 0;
  await askForOldOnes(dependencies, undated);
  const dates = await availabilityOf(payments, undated);
  if (dates.length > 0) await dateLots(ledger, dates);
  return dates.length;
}

/** A charge's own answer nearly always has the date. Where it hadn't, the account's lines of that time have it by now. */
async function askForOldOnes({ databases, providerOf }: Dependencies, undated: readonly UndatedLot[]): Promise<void> {
  const known = new Set((await availabilityOf(databases.payments, undated)).map((order) => keyOf(order)));
  const old = undated.filter((lot) => !known.has(keyOf(lot)) && Date.now() - lot.capturedAt.getTime() > askAfterMs);
  for (const merchantId of new Set(old.map((lot) => lot.merchantId))) {
    heartbeat();
    const oldest = Math.min(
      ...old.filter((lot) => lot.merchantId === merchantId).map((lot) => lot.capturedAt.getTime()),
    );
    try {
      const provider = await providerOf(merchantId);
      const lines = await provider.availabilityOfCharges(Math.floor(oldest / 1000) - 300);
      if (lines.length > 0) await saveAvailability(databases.payments, merchantId, lines);
      await askOneByOne(
        databases,
        provider,
        old.filter((lot) => lot.merchantId === merchantId),
      );
    } catch (error) {
      // One merchant's PSP account must not hold the others' money up.
      log.warn('the PSP did not say when money becomes available', { merchantId, error: String(error) });
    }
  }
}

/** The account's newest lines don't reach back to everything: what is left is asked for by its payment, some in each run. */
async function askOneByOne(
  { payments }: Dependencies['databases'],
  provider: PaymentProvider,
  lots: readonly UndatedLot[],
): Promise<void> {
  const known = new Set((await availabilityOf(payments, lots)).map((order) => keyOf(order)));
  for (const lot of lots.filter((candidate) => !known.has(keyOf(candidate))).slice(0, mostAskedOneByOne)) {
    heartbeat();
    const order = await findPaymentOrder(payments, lot);
    if (order?.paymentOrderStatus !== 'SUCCESS' || order.pspReference === null) continue;
    const standing = await provider.retrieve(order.pspReference);
    if (standing.outcome === 'succeeded' && typeof standing.availableOn === 'string')
      await saveAvailabilityOf(payments, lot, new Date(standing.availableOn));
  }
}

async function tellWallets({ databases }: Dependencies): Promise<void> {
  for (;;) {
    const lots = await unmovedLots(databases.ledger, batch);
    if (lots.length === 0) return;
    await followLedger(databases.wallet, lots.flatMap(movements));
    await markMoved(databases.ledger, lots);
    if (lots.length < batch) return;
  }
}

function movements(lot: UnmovedLot): FollowInput[] {
  const { merchantId, paymentOrderId, seller, currency } = lot;
  const [released, recovered] = [lot.released ?? 0n, lot.recovered ?? 0n];
  const common = { merchantId, sellerAccount: seller, currency };
  const source = (leg: string) => ({ type: 'payment_order' as const, id: paymentOrderId, leg });
  const none = { pendingMinor: 0n, availableMinor: 0n, reservedMinor: 0n, owedMinor: 0n };
  return [
    { ...common, source: source('available'), change: { ...none, pendingMinor: -released, availableMinor: released } },
    { ...common, source: source('recovery'), change: { ...none, availableMinor: -recovered, owedMinor: -recovered } },
  ];
}

const keyOf = (order: { merchantId: string; paymentOrderId: string }): string =>
  `${order.merchantId}/${order.paymentOrderId}`;
