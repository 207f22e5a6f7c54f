import { ecbRates } from './ecb';
import { jsonRates } from './json';
import type { RateSource } from './rate-source';

/** The source of exchange rates that the environment names; nothing where it names none. */
export function rateSourceOf(config: {
  readonly FX_RATES_FROM?: string | undefined;
  readonly FX_RATES_FORMAT: 'ecb' | 'json';
  readonly FX_RATES_NAME: string;
  readonly FX_RATES_TOKEN?: string | undefined;
}): RateSource | undefined {
  const { FX_RATES_FROM: from, FX_RATES_FORMAT: format, FX_RATES_NAME: name, FX_RATES_TOKEN: token } = config;
  if (from === undefined) return undefined;
  return format === 'ecb' ? ecbRates({ from, token }) : jsonRates(name, { from, token });
}
