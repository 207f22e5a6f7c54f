/**
 * The closed list of failures an activity may raise. `docs/failures.md` explains each to people; a test keeps the two
 * in step. Expected business results (a decline, a voided authorization) are values, never failures.
 */
export const failureTypes = {
  /** Not sent, or answered before execution: send again. */
  ProviderUnavailable: 'retry',
  ProviderRateLimited: 'retry',
  StorageUnavailable: 'retry',
  OrchestratorUnavailable: 'retry',
  RatesUnavailable: 'retry',
  /** Sent, and nobody knows what it did: same key again, then look it up (U1). */
  ProviderOutcomeUnknown: 'retry-then-look-up',
  /** Sending it again can't help. */
  ValidationFailed: 'never',
  NotFound: 'never',
  IdempotencyConflict: 'never',
  ProviderRejected: 'never',
  ProviderMisconfigured: 'never',
  InvariantViolated: 'never',
  /** A later attempt at paying this order has begun: this one must not be sent any more (I5). */
  AttemptSuperseded: 'never',
} as const;

export type FailureType = keyof typeof failureTypes;
export type RetryClass = (typeof failureTypes)[FailureType];

export const isFailureType = (type: string | null | undefined): type is FailureType =>
  type !== null && type !== undefined && Object.hasOwn(failureTypes, type);
