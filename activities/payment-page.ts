import {
  beginPage,
  cardOf,
  findPspCustomer,
  forgetCard,
  reopenCheckout,
  savePage,
  savePreparedBuyer,
  type CheckoutRecord,
} from '../prisma/checkout';
import { ensureSellers } from '../prisma/identity';
import type { PaymentPageInput, PaymentPageState } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { isRefusedForSeller, keepRefused, mustFindBuyer, refusedForSeller, tryOf } from './prepare-buyer';
import { assessBuyer, type RiskWait } from './risk';
import { mustFindCheckout, type CheckoutKey } from './rows';

export interface OpenedPaymentPage {
  readonly outcome: 'opened';
  /** When the buyer's time is over. ISO 8601. */
  readonly deadlineAt: string;
}

export type OpenPaymentPageOutcome =
  OpenedPaymentPage | RiskWait | { readonly outcome: 'rejected'; readonly code: string; readonly message: string };

/** How a page stands at the PSP, and whether the storefront has brought a card since. */
export interface PageStanding {
  readonly page: PaymentPageState;
  readonly customer: string;
  readonly cardGiven: boolean;
}

/** Stripe's pages live for 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create#expires_at); a minute is left for the way there. */
const pageSeconds = { least: 31 * 60, most: 24 * 3600 - 60 };
/** More cards than this are not tried on one checkout: nobody has so many, but card testers do. */
const mostRounds = 10;

/**
 * Judges the try, and opens the PSP's page for what is still to be paid. A retry is safe: what was judged stands, until when it lives is written before the PSP hears
 * of it, its key is made of checkout and round, and a page that is open already is answered from the row.
 */
export async function openPaymentPage(dependencies: Dependencies, key: CheckoutKey): Promise<OpenPaymentPageOutcome> {
  const { databases, providerOf, buyerSeconds } = dependencies;
  const attempt = tryOf(key, await mustFindBuyer(dependencies, key));
  if (await isRefusedForSeller(dependencies, attempt)) return refusedForSeller;
  const judged = await assessBuyer(dependencies, attempt);
  if (judged.outcome !== 'go') return judged;
  await keepRefused(dependencies, attempt, judged.refusedOrders);
  const checkout = await mustFindCheckout(databases, key);
  const { pageExpiresAt, buyerDeadlineAt } = await beginPage(databases.payments, { ...key, buyerSeconds, pageSeconds });
  const opened = { outcome: 'opened', deadlineAt: buyerDeadlineAt.toISOString() } as const;
  if (checkout.pageReference !== null) return opened;
  await ensureSellers(databases.identity, key.merchantId, [
    ...new Set(checkout.paymentOrders.map((order) => order.sellerAccount)),
  ]);
  const provider = await providerOf(key.merchantId);
  const buyer = checkout.buyerInfo as { id: string; email?: string; name?: string };
  const customer =
    (await findPspCustomer(databases.payments, key.merchantId, buyer.id)) ??
    (await provider.createCustomer({
      merchantId: key.merchantId,
      buyerId: buyer.id,
      email: buyer.email ?? null,
      name: buyer.name ?? null,
    }));
  const page = await provider.openPage({
    ...pageInput(checkout, customer, pageExpiresAt),
    challenge: judged.challenge,
  });
  if (page.outcome === 'rejected') return page;
  await savePage(databases.payments, {
    ...key,
    buyerId: buyer.id,
    pspCustomer: customer,
    page: page.page,
    url: page.url,
  });
  return opened;
}

/** One order is paid on the page; for several the page takes the card that each of them is charged to. */
function pageInput(checkout: CheckoutRecord, customer: string, expiresAt: Date): PaymentPageInput {
  const { merchantId, checkoutId, round, returnUrl } = checkout;
  if (returnUrl === null) throw failure('InvariantViolated', `checkout ${checkoutId} has no return URL`);
  const [order, ...others] = checkout.paymentOrders.filter((each) => each.paymentOrderStatus === 'NOT_STARTED');
  return {
    merchantId,
    checkoutId,
    round,
    customer,
    returnUrl,
    expiresAtSeconds: Math.floor(expiresAt.getTime() / 1000),
    order:
      order === undefined || others.length > 0
        ? null
        : {
            identity: {
              merchantId,
              paymentOrderId: order.paymentOrderId,
              operation: checkout.captureMethod === 'manual' ? 'authorize' : 'charge',
              attempt: order.businessAttempt,
            },
            amount: { amountMinor: order.amount, currency: order.currency },
            seller: order.sellerAccount,
            statementDescriptor: order.statementDescriptor,
          },
  };
}

/**
 * Asks the PSP what has become of the page, and closes it when a card has been brought instead. A retry is safe: reading
 * changes nothing, closing a closed page neither, and a saved card is kept once.
 */
export async function readPaymentPage(dependencies: Dependencies, key: CheckoutKey): Promise<PageStanding> {
  return stand(dependencies, key, false);
}

/** Closes the page, unless the buyer was faster. A retry is safe: as above. */
export async function closePaymentPage(dependencies: Dependencies, key: CheckoutKey): Promise<PageStanding> {
  return stand(dependencies, key, true);
}

async function stand({ databases, providerOf }: Dependencies, key: CheckoutKey, close: boolean): Promise<PageStanding> {
  const checkout = await mustFindCheckout(databases, key);
  if (checkout.pageReference === null || checkout.pspCustomer === null)
    throw failure('InvariantViolated', `checkout ${key.checkoutId} has no page`);
  const provider = await providerOf(key.merchantId);
  const cardGiven = cardOf(checkout) !== null;
  const page = await (close || cardGiven
    ? provider.closePage(checkout.pageReference)
    : provider.readPage(checkout.pageReference));
  if (page.state === 'card_saved') {
    const { id: buyerId } = checkout.buyerInfo as { id: string };
    await savePreparedBuyer(databases.payments, {
      ...key,
      buyerId,
      pspCustomer: page.customer,
      pspPaymentMethod: page.paymentMethod,
    });
  }
  // The buyer was faster than the storefront: a run after this one must not charge the card as well.
  if (page.state === 'paid' && cardGiven) await forgetCard(databases.payments, key.merchantId, key.checkoutId);
  return { page, customer: checkout.pspCustomer, cardGiven };
}

/**
 * After a decline, opens the page again while the buyer still has time, as the next round with a run of its own. A retry
 * is safe: a round is opened once, and a start finds the running one; the sweeper starts what this leaves behind.
 */
export async function reopenOnPage(
  { databases, orchestrator }: Dependencies,
  input: CheckoutKey & { fromRound: number },
): Promise<{ reopened: boolean }> {
  const checkout = await mustFindCheckout(databases, input);
  if (checkout.round === input.fromRound) {
    const timeLeftMs = (checkout.buyerDeadlineAt?.getTime() ?? 0) - Date.now();
    if (
      timeLeftMs <= 0 ||
      checkout.round >= mostRounds ||
      cardOf(checkout) !== null ||
      checkout.cancelRequested !== null
    )
      return { reopened: false };
    // A page or payment that the PSP refuses would be refused again; a decline is for the buyer to mend.
    if (!checkout.paymentOrders.some((order) => order.failureReason === 'declined')) return { reopened: false };
    const outcome = await reopenCheckout(databases.payments, { ...input, card: null });
    if (outcome !== 'reopened' && outcome !== 'replayed') return { reopened: false };
  }
  await orchestrator.startCheckout(input.merchantId, input.checkoutId);
  return { reopened: true };
}
