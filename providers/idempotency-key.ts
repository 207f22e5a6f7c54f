import { createHash } from 'node:crypto';
import type { OperationIdentity } from './provider';

/**
 * The PSP's idempotency key of an operation: a hash of business ids only (I5). A worker killed and restarted, a workflow
 * reset, another machine: all arrive at the same key.
 */
export function pspIdempotencyKey(identity: OperationIdentity): string {
  const { merchantId, paymentOrderId, operation, refundId, attempt } = identity;
  const which = refundId === undefined ? [operation] : [operation, refundId];
  return keyOf([merchantId, paymentOrderId, ...which, String(attempt)]);
}

/** A key from parts that never hold a colon. */
export function keyOf(parts: readonly string[]): string {
  return `paysaga_${createHash('sha256').update(parts.join(':')).digest('hex')}`;
}
