/** Ids given by merchants: safe in URLs, workflow ids, account codes and PSP metadata. */
export const identifierPattern = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Workflow ids are business ids, built here and nowhere else (I7). Merchant ids and merchant-given ids hold no slash, so two ids
 * never collide.
 */
export const workflowIds = {
  checkout: (merchantId: string, checkoutId: string): string => `checkout/${merchantId}/${checkoutId}`,
  paymentOrder: (merchantId: string, paymentOrderId: string): string => `payment-order/${merchantId}/${paymentOrderId}`,
} as const;
