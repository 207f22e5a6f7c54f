import { fromMinorUnits } from '../domain/money';
import { cardOf, type CheckoutRecord } from '../prisma/checkout';
import type { PaymentOrderRecord } from '../prisma/payment-order';
import type { PspEventRecord } from '../prisma/psp-event';
import type { WalletBalance } from '../prisma/wallet';

/** A payment order as merchants see it. */
export function renderPaymentOrder(order: PaymentOrderRecord) {
  return {
    payment_order_id: order.paymentOrderId,
    checkout_id: order.checkoutId,
    buyer_account: order.buyerAccount,
    seller_account: order.sellerAccount,
    amount: fromMinorUnits(order.amount, order.currency).amount,
    currency: order.currency,
    platform_fee: fromMinorUnits(order.platformFee, order.currency).amount,
    statement_descriptor: order.statementDescriptor,
    payment_order_status: order.paymentOrderStatus,
    phase: order.phase,
    wallet_updated: order.walletUpdated,
    ledger_updated: order.ledgerUpdated,
    failure_reason: order.failureReason,
    decline_code: order.declineCode,
    failure_message: order.failureMessage,
    psp_reference: order.pspReference,
    next_action: order.nextActionUrl === null ? null : { redirect_url: order.nextActionUrl },
    attention_reason: order.attentionReason,
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt.toISOString(),
  };
}

/** A whole checkout as merchants see it. The buyer's personal data stay inside: only the id comes back. */
export function renderCheckout(checkout: CheckoutRecord) {
  const orders = checkout.paymentOrders.map(renderPaymentOrder);
  // A buyer can pass one challenge at a time: the next one shows when the one before it is done.
  const challenged = orders.find((order) => order.phase === 'requires_action' && order.next_action !== null);
  const awaitsBuyer = checkout.checkoutStatus === 'awaiting_buyer';
  return {
    checkout_id: checkout.checkoutId,
    checkout_status: checkout.checkoutStatus,
    is_payment_done: checkout.isPaymentDone,
    hosted_payment_url: awaitsBuyer ? checkout.pageUrl : null,
    expires_at: awaitsBuyer ? (checkout.buyerDeadlineAt?.toISOString() ?? null) : null,
    next_action: challenged?.next_action ?? null,
    return_url: checkout.returnUrl,
    credit_card_info: cardOf(checkout) === null ? null : { payment_method: cardOf(checkout) },
    payment_attempt: checkout.round,
    failure_policy: checkout.failurePolicy,
    capture_method: checkout.captureMethod,
    buyer_info: { id: (checkout.buyerInfo as { id: string }).id },
    metadata: checkout.metadata,
    cancel_requested: checkout.cancelRequested !== null,
    payment_orders: orders.map((order) =>
      order.phase === 'requires_action' && order !== challenged ? { ...order, next_action: null } : order,
    ),
    created_at: checkout.createdAt.toISOString(),
    updated_at: checkout.updatedAt.toISOString(),
  };
}

/** A seller's wallet as merchants see it. */
export function renderWallet(sellerAccount: string, kycStatus: string, balances: readonly WalletBalance[]) {
  return {
    seller_account: sellerAccount,
    kyc_status: kycStatus,
    balances: balances.map((balance) => {
      const amount = (minor: bigint): string => fromMinorUnits(minor, balance.currency).amount;
      return {
        currency: balance.currency,
        pending: amount(balance.pending),
        available: amount(balance.available),
        reserved: amount(balance.reserved),
        owed: amount(balance.owed),
      };
    }),
  };
}

/** An event of the PSP as operators see it. */
export function renderPspEvent(event: PspEventRecord) {
  return {
    event_id: event.eventId,
    type: event.type,
    state: event.state,
    reason: event.reason,
    payment_order_id: event.paymentOrderId,
    checkout_id: event.checkoutId,
    subject: event.subject,
    tries: event.tries,
    deliveries: event.deliveries,
    occurred_at: event.occurredAt.toISOString(),
    received_at: event.receivedAt.toISOString(),
    settled_at: event.settledAt?.toISOString() ?? null,
  };
}
