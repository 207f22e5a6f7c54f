import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { failureTypes, type FailureType } from '../domain/failure-types';
import { MoneyError } from '../domain/money';
import { classifyStorageError, storageMessage } from '../prisma/storage-error';
import { circuitOpen, ProviderError, type ProviderProblem } from '../providers/provider';

const ofProvider: Readonly<Record<ProviderProblem, FailureType>> = {
  unavailable: 'ProviderUnavailable',
  rate_limited: 'ProviderRateLimited',
  outcome_unknown: 'ProviderOutcomeUnknown',
  idempotency_conflict: 'IdempotencyConflict',
  misconfigured: 'ProviderMisconfigured',
  rejected: 'ProviderRejected',
};

/**
 * A failure from the closed list. Its retry class follows from its type. When it may be tried again stands in its details, too: a workflow
 * is not shown what Temporal itself is told.
 */
export function failure(type: FailureType, message: string, nextRetryDelayMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: failureTypes[type] === 'never',
    // Trouble that retries are there for belongs in metrics, not in error logs.
    ...(failureTypes[type] === 'retry' && { category: ApplicationFailureCategory.BENIGN }),
    ...(nextRetryDelayMs !== undefined && {
      nextRetryDelay: nextRetryDelayMs,
      details: [{ retryAfterMs: nextRetryDelayMs }],
    }),
  });
}

/**
 * The only place where an error becomes a failure. What nothing here knows is a defect of ours: it is never
 * retried blindly, and parks the order for a person.
 */
export function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof ProviderError) {
    // While the breaker is open the workflow waits, and not the activity: a cancel must still be heard.
    if (error.code === circuitOpen)
      return ApplicationFailure.create({
        type: ofProvider.unavailable,
        message: error.message,
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
      });
    return failure(ofProvider[error.problem], error.message, error.retryAfterMs ?? undefined);
  }
  if (error instanceof MoneyError) return failure('ValidationFailed', error.message);
  switch (classifyStorageError(error)) {
    case 'unavailable':
      return failure('StorageUnavailable', storageMessage(error));
    case 'conflict':
      return failure('InvariantViolated', storageMessage(error));
    case 'not_storage':
      return failure('InvariantViolated', error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}
