import { sellerNotAccepting } from './seller';

/**
 * The coarse status merchants program against. Review every string as if it were for ever.
 * NOT_STARTED and EXECUTING are open; SUCCESS and FAILED are final.
 */
export const paymentOrderStatuses = ['NOT_STARTED', 'EXECUTING', 'SUCCESS', 'FAILED'] as const;
export type PaymentOrderStatus = (typeof paymentOrderStatuses)[number];

/** The finer state people read. Each belongs to exactly one status, see {@link statusOfPhase}. */
export const paymentOrderPhases = [
  'not_started',
  'charging',
  'authorizing',
  'authorized',
  'requires_action',
  'processing',
  'unknown',
  'capturing',
  'captured',
  'voiding',
  'refunding',
  'needs_attention',
  'succeeded',
  'declined',
  'rejected',
  'capture_failed',
  'voided',
  'refunded',
  'canceled',
  'expired',
  'abandoned',
] as const;
export type PaymentOrderPhase = (typeof paymentOrderPhases)[number];

/** The reason, and the code, of an order that the rules of risk have refused. */
export const blockedByRisk = 'blocked_by_risk';

/** Why a FAILED order failed; `decline_code` says more where the PSP did. */
export const failureReasons = [
  'declined',
  'rejected_by_psp',
  'capture_failed',
  'canceled',
  'expired',
  'another_order_failed',
  'abandoned',
  blockedByRisk,
  sellerNotAccepting,
] as const;
export type FailureReason = (typeof failureReasons)[number];

/**
 * What a card network says of trying a declined card again: not before its data are confirmed, never, or later
 * (docs.stripe.com/declines/codes, "advice code").
 */
export const declineAdvices = ['confirm_card_data', 'do_not_try_again', 'try_again_later'] as const;
export type DeclineAdvice = (typeof declineAdvices)[number];

/** Who has refused an order that no bank declined: we ourselves, as the code says, or the PSP. */
export const reasonOfRejection = (code: string): FailureReason =>
  code === blockedByRisk || code === sellerNotAccepting ? code : 'rejected_by_psp';

/** Why a person has to look. Shown as it is in the Temporal UI, on the row and as a metric label. */
export const attentionReasons = [
  'outcome_unknown',
  'psp_misconfigured',
  'booking_failed',
  'compensation_failed',
  'invariant_violated',
] as const;
export type AttentionReason = (typeof attentionReasons)[number];

/** PSP operations of one payment order; part of every idempotency key (I5). */
export const pspOperations = ['charge', 'authorize', 'capture', 'void', 'refund'] as const;
export type PspOperation = (typeof pspOperations)[number];

export function statusOfPhase(phase: PaymentOrderPhase): PaymentOrderStatus {
  switch (phase) {
    case 'not_started':
      return 'NOT_STARTED';
    case 'charging':
    case 'authorizing':
    case 'authorized':
    case 'requires_action':
    case 'processing':
    case 'unknown':
    case 'capturing':
    case 'captured':
    case 'voiding':
    case 'refunding':
    case 'needs_attention':
      return 'EXECUTING';
    case 'succeeded':
      return 'SUCCESS';
    case 'declined':
    case 'rejected':
    case 'capture_failed':
    case 'voided':
    case 'refunded':
    case 'canceled':
    case 'expired':
    case 'abandoned':
      return 'FAILED';
  }
}

export function isTerminal(status: PaymentOrderStatus): boolean {
  switch (status) {
    case 'SUCCESS':
    case 'FAILED':
      return true;
    case 'NOT_STARTED':
    case 'EXECUTING':
      return false;
  }
}
