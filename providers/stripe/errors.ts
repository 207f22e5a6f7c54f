import Stripe from 'stripe';
import { ProviderError } from '../provider';

/** Socket errors that mean the request never left: nothing can have happened (U1). */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Sorts what the SDK throws. A time-out, a reset or any 5xx after the bytes went out is *unknown*, never failed (U1): Stripe may have
 * acted. 409 means that a call with our key is still running. Statuses as measured against stripe 23.
 */
export function toProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (!(error instanceof Stripe.errors.StripeError)) {
    return new ProviderError('outcome_unknown', error instanceof Error ? error.message : String(error));
  }
  const code = error.code ?? null;
  if (error instanceof Stripe.errors.StripeConnectionError) {
    const detail = error.detail as { code?: string } | undefined;
    return neverSent.has(detail?.code ?? '')
      ? new ProviderError('unavailable', error.message, detail?.code ?? null)
      : new ProviderError('outcome_unknown', error.message, detail?.code ?? null);
  }
  if (error instanceof Stripe.errors.StripeRateLimitError || error.statusCode === 429) {
    const seconds = Number(error.headers?.['retry-after'] ?? Number.NaN);
    return new ProviderError('rate_limited', error.message, code, Number.isFinite(seconds) ? seconds * 1000 : null);
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError)
    return new ProviderError('idempotency_conflict', error.message, code);
  if (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  ) {
    return new ProviderError('misconfigured', error.message, code);
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return new ProviderError('rejected', error.message, code);
  return new ProviderError('outcome_unknown', error.message, code);
}
