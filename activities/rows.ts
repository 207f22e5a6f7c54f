import type { BarrierDecision } from '../domain/checkout';
import { findCheckout, type CheckoutRecord } from '../prisma/checkout';
import type { Databases } from '../prisma/database';
import { failure } from './failure';

export interface CheckoutKey {
  readonly merchantId: string;
  readonly checkoutId: string;
}

/** What a checkout decided for all its orders, and why. */
export interface StoredDecision {
  readonly decision: BarrierDecision;
  readonly reason: string;
}

/** The decision on a checkout's row; null: none yet. */
export const decisionOf = (row: { decision: string | null; decisionReason: string | null }): StoredDecision | null =>
  row.decision === null ? null : { decision: row.decision as BarrierDecision, reason: row.decisionReason ?? '' };

/** The stored checkout that an activity is about. @throws NotFound */
export async function mustFindCheckout(databases: Databases, key: CheckoutKey): Promise<CheckoutRecord> {
  const checkout = await findCheckout(databases.payments, key.merchantId, key.checkoutId);
  if (checkout === undefined) throw failure('NotFound', `there is no checkout ${key.checkoutId}`);
  return checkout;
}
