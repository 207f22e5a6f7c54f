import { z } from 'zod';
import { parseRate, type Rate, type RateSheet } from '../../domain/fx';
import { isCurrency } from '../../domain/money';
import { rateFiles, type RatePlace } from './rate-file';
import { RatesUnreadable, type RateSource } from './rate-source';

/**
 * Rates as most services answer them: `base`, `rates` by currency, and either `date` (a day) or `timestamp` (seconds), as JSON.
 *
 * @param name whose rates they are
 */
export const jsonRates = (name: string, place: Omit<RatePlace, 'ending'>): RateSource => ({
  name,
  read: async () => (await rateFiles({ ...place, ending: '.json' })).map((text) => readJson(name, text)),
});

const list = z
  .object({
    base: z.string().refine(isCurrency, 'must be an ISO 4217 currency'),
    date: z.iso.date().optional(),
    timestamp: z.number().int().positive().optional(),
    // A number is read as the shortest text that means it, which is what was written, up to 15 digits.
    rates: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .refine(({ date, timestamp }) => date !== undefined || timestamp !== undefined, {
    path: ['date'],
    message: 'or timestamp is missing: nobody knows how old the rates are',
  });

/** @throws RatesUnreadable that says what is wrong with it */
export function readJson(source: string, text: string): RateSheet {
  const { base, date, timestamp, rates: told } = parsed(text);
  const rates = new Map<string, Rate>();
  for (const [currency, value] of Object.entries(told)) {
    // Services also tell of metals and coins of their own.
    if (!isCurrency(currency) || currency === base) continue;
    const rate = parseRate(String(value));
    if (rate === undefined) throw new RatesUnreadable(`rates.${currency}: "${String(value).slice(0, 20)}" is no rate`);
    rates.set(currency, rate);
  }
  if (rates.size === 0) throw new RatesUnreadable('there are no rates in it');
  const asOf = timestamp === undefined ? new Date(`${date ?? ''}T00:00:00Z`) : new Date(timestamp * 1_000);
  return { source, base, asOf, rates };
}

function parsed(text: string): z.infer<typeof list> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RatesUnreadable('it is no JSON');
  }
  const read = list.safeParse(value);
  if (read.success) return read.data;
  const [problem] = read.error.issues;
  throw new RatesUnreadable(`${problem?.path.join('.') ?? ''} ${problem?.message ?? ''}`.trim());
}
