/** Ids given by merchants: safe in URLs, workflow ids, account codes and PSP metadata. */
export const identifierPattern = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Workflow ids are business ids, built here and nowhere else (I7). Merchant ids and merchant-given ids hold no slash, so two ids
 * never collide. Each further payment method of a checkout is a round with runs of its own: a completed run is never followed by another.
 */
export const workflowIds = {
  checkout: (merchantId: string, checkoutId: string, round = 1): string =>
    `checkout/${merchantId}/${checkoutId}${suffix(round)}`,
  paymentOrder: (merchantId: string, paymentOrderId: string, round = 1): string =>
    `payment-order/${merchantId}/${paymentOrderId}${suffix(round)}`,
  refund: (merchantId: string, refundId: string): string => `refund/${merchantId}/${refundId}`,
  payout: (merchantId: string, payoutId: string): string => `payout/${merchantId}/${payoutId}`,
  dispute: (merchantId: string, disputeId: string): string => `dispute/${merchantId}/${disputeId}`,
  adjustment: (merchantId: string, adjustmentId: string): string => `adjustment/${merchantId}/${adjustmentId}`,
  notification: (merchantId: string, notificationId: string): string => `notification/${merchantId}/${notificationId}`,
  webhookDelivery: (merchantId: string, deliveryId: string): string => `webhook/${merchantId}/${deliveryId}`,
  reconciliation: (account: string, date: string): string => `reconciliation/${account}/${date}`,
  reportMail: (account: string, date: string): string => `reconciliation-mail/${account}/${date}`,
  break: (merchantId: string, breakId: string): string => `break/${merchantId}/${breakId}`,
  settlementFile: (merchantId: string, fileId: string): string => `settlement-file/${merchantId}/${fileId}`,
  subscription: (merchantId: string, subscriptionId: string): string => `subscription/${merchantId}/${subscriptionId}`,
  planMigration: (merchantId: string, migrationId: string): string => `plan-migration/${merchantId}/${migrationId}`,
  seller: (merchantId: string, sellerId: string): string => `seller/${merchantId}/${sellerId}`,
  strayPayment: (merchantId: string, reference: string): string => `stray-payment/${merchantId}/${reference}`,
} as const;

/**
 * The workflows that may carry a checkout, the likeliest first: where the buyer brought a card for one order that order's run is all there
 * is, unless it broke off; the checkout's own takes over then.
 *
 * @param checkout.onlyOrder the order of a checkout that has one and a card for it, in its first round; null for all others
 */
export const carriersOf = (checkout: {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly round: number;
  readonly onlyOrder: string | null;
}): readonly [string, ...string[]] => {
  const { merchantId, checkoutId, round, onlyOrder } = checkout;
  const own = workflowIds.checkout(merchantId, checkoutId, round);
  return onlyOrder === null ? [own] : [workflowIds.paymentOrder(merchantId, onlyOrder, round), own];
};

const suffix = (round: number): string => (round === 1 ? '' : `/${String(round)}`);
