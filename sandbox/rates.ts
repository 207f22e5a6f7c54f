import { createHash } from 'node:crypto';

/** One euro in each, of some working day: as plausible as it need be. */
const oneEuro: Readonly<Record<string, number>> = {
  AUD: 1.7813,
  BRL: 6.1742,
  CAD: 1.6305,
  CHF: 0.9288,
  CNY: 8.2431,
  CZK: 24.214,
  DKK: 7.4688,
  GBP: 0.8804,
  HKD: 9.0217,
  HUF: 382.55,
  IDR: 19_302.45,
  ILS: 3.7726,
  INR: 102.73,
  ISK: 147.1,
  JPY: 180.12,
  KRW: 1_701.36,
  MXN: 21.324,
  MYR: 4.7981,
  NOK: 11.7485,
  NZD: 2.0479,
  PHP: 68.141,
  PLN: 4.2428,
  RON: 5.0845,
  SEK: 10.9765,
  SGD: 1.5093,
  THB: 37.562,
  TRY: 49.0655,
  USD: 1.1588,
  ZAR: 19.9144,
};
const mostMove = 0.01;
const daysListed = 3;
const dayMs = 86_400_000;

/** The central bank next door: a list of rates for each day of the sandbox's clock, the same ones whenever that day is asked for. */
export class Rates {
  private readonly told = new Map<string, string | null>();
  private status = 200;

  /** What rates are from now on, whatever the day: a decimal, or null for a currency that isn't listed any more. */
  tell(body: Readonly<Record<string, unknown>>): Record<string, string> {
    for (const [currency, rate] of Object.entries((body['rates'] ?? {}) as Record<string, unknown>)) {
      if (!/^[A-Z]{3}$/.test(currency) || !(rate === null || (typeof rate === 'string' && /^\d+(\.\d+)?$/.test(rate))))
        throw new RangeError('rates must be decimals by currency, such as {"USD": "1.1588"}, or null');
      this.told.set(currency, rate);
    }
    if (body['status'] !== undefined) this.status = Number(body['status']);
    return this.of(new Date());
  }

  /** Answers a path, as the European Central Bank or as a JSON service would; nothing for any other. */
  answer(path: string, nowMs: number): { status: number; type: string; body: string } | undefined {
    const known = ['/rates/eurofxref-daily.xml', '/rates/eurofxref-hist-90d.xml', '/rates/latest.json'];
    if (!known.includes(path)) return undefined;
    if (this.status !== 200)
      return { status: this.status, type: 'text/plain', body: 'The sandbox was told to say so.' };
    const newest = new Date(nowMs);
    if (path.endsWith('.json')) {
      const rates = Object.fromEntries(Object.entries(this.of(newest)).map(([code, rate]) => [code, Number(rate)]));
      return {
        status: 200,
        type: 'application/json',
        body: JSON.stringify({ base: 'EUR', date: dayOf(newest), rates }),
      };
    }
    const count = path.includes('hist') ? daysListed : 1;
    const days = Array.from({ length: count }, (_, back) => new Date(nowMs - back * dayMs));
    return { status: 200, type: 'text/xml', body: this.ecb(days) };
  }

  private of(day: Date): Record<string, string> {
    const rates = Object.entries(oneEuro).map(([currency, rate]) => [currency, moved(rate, currency, dayOf(day))]);
    const all = new Map<string, string | null>([...(rates as [string, string][]), ...this.told]);
    return Object.fromEntries([...all].filter((entry): entry is [string, string] => entry[1] !== null));
  }

  private ecb(days: readonly Date[]): string {
    const cubes = days.map((day) => {
      const rates = Object.entries(this.of(day)).map(
        ([currency, rate]) => `      <Cube currency="${currency}" rate="${rate}"/>`,
      );
      return [`    <Cube time="${dayOf(day)}">`, ...rates, '    </Cube>'].join('\n');
    });
    return `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>Paysaga sandbox</gesmes:name></gesmes:Sender>
  <Cube>
${cubes.join('\n')}
  </Cube>
</gesmes:Envelope>
`;
  }
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);

/** A day's own rate: some way off the usual one, by chance that is the day's. */
function moved(rate: number, currency: string, day: string): string {
  const chance = createHash('sha256').update(`${currency} ${day}`).digest().readUInt32BE(0) / 2 ** 32;
  return (rate * (1 + (chance * 2 - 1) * mostMove))
    .toPrecision(6)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
