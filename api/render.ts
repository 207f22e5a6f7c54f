import { fromMinorUnits } from '../domain/money';
import type { CheckoutRecord } from '../prisma/checkout';
import type { PaymentOrderRecord } from '../prisma/payment-order';
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
  return {
    checkout_id: checkout.checkoutId,
    checkout_status: checkout.checkoutStatus,
    is_payment_done: checkout.isPaymentDone,
    failure_policy: checkout.failurePolicy,
    capture_method: checkout.captureMethod,
    buyer_info: { id: (checkout.buyerInfo as { id: string }).id },
    metadata: checkout.metadata,
    cancel_requested: checkout.cancelRequested !== null,
    payment_orders: checkout.paymentOrders.map(renderPaymentOrder),
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
