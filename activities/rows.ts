import { findCheckout, type CheckoutRecord } from '../prisma/checkout';
import type { Databases } from '../prisma/database';
import { failure } from './failure';

export interface CheckoutKey {
  readonly merchantId: string;
  readonly checkoutId: string;
}

/** The stored checkout that an activity is about. @throws NotFound */
export async function mustFindCheckout(databases: Databases, key: CheckoutKey): Promise<CheckoutRecord> {
  const checkout = await findCheckout(databases.payments, key.merchantId, key.checkoutId);
  if (checkout === undefined) throw failure('NotFound', `there is no checkout ${key.checkoutId}`);
  return checkout;
}
