import { heartbeat } from '@temporalio/activity';
import { circuitOpen, ProviderError } from '../providers/provider';
import { failure } from './failure';

const everyMs = 3_000;

/**
 * Runs work that may be silent for long, such as one statement over a whole day: Temporal hears every few seconds that its process
 * lives, and gives it to another soon when it doesn't. A breaker that is open is waited for, as a PSP that is away.
 */
export async function beating<Result>(work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => heartbeat(), everyMs);
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderError && error.code === circuitOpen)
      throw failure('ProviderUnavailable', error.message);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
