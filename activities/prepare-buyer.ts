import type { RequestedBy } from '../domain/requested-by';
import { findBuyer, refuseOrders, savePreparedBuyer, type BuyerToPrepare } from '../prisma/checkout';
import { sellerNotAccepting } from '../domain/seller';
import { ensureSellers } from '../prisma/identity';
import { stoppedSellers } from '../prisma/seller';
import { markDeclined } from '../prisma/risk';
import { ProviderError, type PrepareBuyerOutcome } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { assessBuyer, assessCard, type RiskWait, type TryRow } from './risk';
import type { CheckoutKey } from './rows';

/** A buyer with a card that may be charged, why there is none, or that it is not the time yet. */
export type PreparedBuyer =
  | {
      readonly outcome: 'prepared';
      readonly customer: string;
      readonly paymentMethod: string;
      /** Who has asked for the checkout's end by now. */
      readonly cancelRequested?: RequestedBy;
    }
  | Exclude<PrepareBuyerOutcome, { outcome: 'prepared' }>
  | RiskWait;

/** What risk is judged by. */
export const tryOf = (key: CheckoutKey, buyer: BuyerToPrepare): TryRow => ({
  merchantId: key.merchantId,
  checkoutId: key.checkoutId,
  round: buyer.round,
  buyerId: buyer.buyerId,
  email: buyer.email,
  ip: buyer.ip,
  country: buyer.country,
  eachAlone: buyer.failurePolicy === 'independent' && buyer.orders.length > 1,
  orders: buyer.orders.map((order) => ({
    paymentOrderId: order.payment_order_id,
    sellerAccount: order.seller_account,
    currency: order.currency,
    amountMinor: BigInt(order.amount),
  })),
});

/** A try that is not sent because a seller of it was stopped since its checkout was taken, or is paid by subscription. */
export const refusedForSeller = {
  outcome: 'rejected',
  code: sellerNotAccepting,
  message: 'The seller does not take payments now.',
} as const;

export const isRefusedForSeller = async (
  { databases }: Dependencies,
  { merchantId, orders }: TryRow,
): Promise<boolean> =>
  (
    await stoppedSellers(
      databases.identity,
      merchantId,
      orders.map(({ sellerAccount }) => sellerAccount),
    )
  ).length > 0;

/** The buyer of a checkout. @throws NotFound */
export async function mustFindBuyer({ databases }: Dependencies, key: CheckoutKey): Promise<BuyerToPrepare> {
  const buyer = await findBuyer(databases.payments, { merchantId: key.merchantId, checkoutId: key.checkoutId });
  if (buyer === undefined) throw failure('NotFound', `there is no checkout ${key.checkoutId}`);
  return buyer;
}

/**
 * Judges the try, makes the buyer a customer at the PSP, once per merchant and buyer, and attaches the checkout's card. A retry is safe:
 * what was judged stands, what was prepared is answered from the row, and both calls carry keys made of our ids.
 */
export async function prepareBuyer(dependencies: Dependencies, key: CheckoutKey): Promise<PreparedBuyer> {
  const { databases, providerOf } = dependencies;
  const { merchantId, checkoutId } = key;
  const buyer = await mustFindBuyer(dependencies, key);
  const { pspCustomer, pspPaymentMethod, card } = buyer;
  if (pspCustomer !== null && pspPaymentMethod !== null)
    return prepared(pspCustomer, pspPaymentMethod, buyer.cancelRequested ?? undefined);
  if (card === null) throw failure('InvariantViolated', `checkout ${checkoutId} has no card to prepare`);
  const attempt = tryOf(key, buyer);
  if (await isRefusedForSeller(dependencies, attempt)) return refusedForSeller;
  let judged = await assessBuyer(dependencies, attempt);
  if (judged.outcome !== 'go') return judged;
  const provider = await providerOf(merchantId);
  const [found] = await Promise.all([
    provider.prepareBuyer({
      merchantId,
      checkoutId,
      buyerId: buyer.buyerId,
      customer: buyer.knownCustomer,
      paymentMethod: card,
      email: buyer.email,
      name: buyer.name,
    }),
    ensureSellers(databases.identity, merchantId, [...new Set(attempt.orders.map((order) => order.sellerAccount))]),
  ]);
  if (found.outcome !== 'prepared') {
    if (found.outcome === 'declined') await markDeclined(databases.risk, attempt);
    return found;
  }
  if (judged.cardMatters) judged = await assessCard(dependencies, attempt, found.card);
  if (judged.outcome !== 'go') return judged;
  await keepRefused(dependencies, attempt, judged.refusedOrders);
  const { customer, paymentMethod } = found;
  const cancelRequested = await savePreparedBuyer(databases.payments, {
    merchantId,
    checkoutId,
    buyerId: buyer.buyerId,
    pspCustomer: customer,
    pspPaymentMethod: paymentMethod,
    challenge: judged.challenge,
  });
  return prepared(customer, paymentMethod, cancelRequested);
}

/** Keeps which orders are blocked by themselves, where there are any; an earlier card's may not be. */
export async function keepRefused(
  { databases }: Dependencies,
  attempt: TryRow,
  refusedOrders: readonly string[],
): Promise<void> {
  if (refusedOrders.length > 0 || (attempt.eachAlone && attempt.round > 1))
    await refuseOrders(databases.payments, attempt, refusedOrders);
}

const prepared = (
  customer: string,
  paymentMethod: string,
  cancelRequested: RequestedBy | undefined,
): PreparedBuyer => ({
  outcome: 'prepared',
  customer,
  paymentMethod,
  ...(cancelRequested !== undefined && { cancelRequested }),
});

/**
 * The same as the first part of an order's own paying, where nothing but the card can have gone wrong yet. Whether the PSP
 * attached it or not, no money has moved, so that an answer which never came is no unknown outcome: it is sent again.
 */
export async function prepareBuyerFirst(dependencies: Dependencies, key: CheckoutKey): Promise<PreparedBuyer> {
  try {
    return await prepareBuyer(dependencies, key);
  } catch (error) {
    if (error instanceof ProviderError && error.problem === 'outcome_unknown')
      throw failure('ProviderUnavailable', `whether the card is attached is not known: ${error.message}`);
    throw error;
  }
}
