import { log } from '@temporalio/activity';
import { saveRates } from '../prisma/fx';
import { RatesUnreadable } from '../providers/rates/rate-source';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { revaluePositions } from './revaluation';

/** A source whose clock is ahead may be so by a day, for the days of the world's east; what is later is no rate of today. */
const mostAheadMs = 24 * 3_600_000;

export interface LoadedRates {
  /** Whose they are; null where no source is configured. */
  readonly source: string | null;
  readonly added: number;
  /** The newest moment that rates were read of. */
  readonly asOf: string | null;
  /** Of how many merchants the positions were revalued by them. */
  readonly revalued: number;
}

/**
 * Reads the newest exchange rates, keeps what is new of them, and revalues positions by them. A retry is safe: what is known is left
 * out, and a day's rates revalue once.
 *
 * @throws ApplicationFailure `RatesUnavailable`
 */
export async function loadRates(dependencies: Dependencies): Promise<LoadedRates> {
  const { databases, rates } = dependencies;
  if (rates === undefined) return { source: null, added: 0, asOf: null, revalued: 0 };
  const sheets = await rates.read().catch((error: unknown) => {
    throw error instanceof RatesUnreadable ? failure('RatesUnavailable', `${rates.name}: ${error.message}`) : error;
  });
  let [added, newest] = [0, 0];
  for (const sheet of sheets) {
    if (sheet.asOf.getTime() > Date.now() + mostAheadMs) {
      log.warn('rates of a day that is still to come are left out', {
        source: sheet.source,
        asOf: sheet.asOf.toISOString(),
      });
      continue;
    }
    added += await saveRates(databases.payments, sheet);
    newest = Math.max(newest, sheet.asOf.getTime());
  }
  const asOf = newest === 0 ? null : new Date(newest).toISOString();
  return { source: rates.name, added, asOf, revalued: await revaluePositions(dependencies) };
}
