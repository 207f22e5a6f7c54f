import { findBuyer, savePreparedBuyer } from '../prisma/checkout';
import { ensureSellers } from '../prisma/identity';
import { ProviderError, type PrepareBuyerOutcome } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import type { CheckoutKey } from './rows';

/**
 * Makes the buyer a customer at the PSP, once per merchant and buyer, and attaches the checkout's card. A retry is safe:
 * what was prepared is answered from the row, and both calls carry keys made of our ids.
 */
export async function prepareBuyer(
  { databases, providerOf }: Dependencies,
  { merchantId, checkoutId }: CheckoutKey,
): Promise<PrepareBuyerOutcome> {
  const buyer = await findBuyer(databases.payments, { merchantId, checkoutId });
  if (buyer === undefined) throw failure('NotFound', `there is no checkout ${checkoutId}`);
  const { pspCustomer, pspPaymentMethod, card } = buyer;
  if (pspCustomer !== null && pspPaymentMethod !== null)
    return { outcome: 'prepared', customer: pspCustomer, paymentMethod: pspPaymentMethod };
  if (card === null) throw failure('InvariantViolated', `checkout ${checkoutId} has no card to prepare`);
  await ensureSellers(databases.identity, merchantId, buyer.sellers);
  const provider = await providerOf(merchantId);
  const prepared = await provider.prepareBuyer({
    merchantId,
    checkoutId,
    buyerId: buyer.buyerId,
    customer: buyer.knownCustomer,
    paymentMethod: card,
    email: buyer.email,
    name: buyer.name,
  });
  if (prepared.outcome === 'prepared') {
    await savePreparedBuyer(databases.payments, {
      merchantId,
      checkoutId,
      buyerId: buyer.buyerId,
      pspCustomer: prepared.customer,
      pspPaymentMethod: prepared.paymentMethod,
    });
  }
  return prepared;
}

/**
 * The same as the first part of an order's own paying, where nothing but the card can have gone wrong yet. Whether the PSP
 * attached it or not, no money has moved, so that an answer which never came is no unknown outcome: it is sent again.
 */
export async function prepareBuyerFirst(dependencies: Dependencies, key: CheckoutKey): Promise<PrepareBuyerOutcome> {
  try {
    return await prepareBuyer(dependencies, key);
  } catch (error) {
    if (error instanceof ProviderError && error.problem === 'outcome_unknown')
      throw failure('ProviderUnavailable', `whether the card is attached is not known: ${error.message}`);
    throw error;
  }
}
