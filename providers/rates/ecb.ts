import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parseRate, type Rate, type RateSheet } from '../../domain/fx';
import { isCurrency } from '../../domain/money';
import { rateFiles, type RatePlace } from './rate-file';
import { RatesUnreadable, type RateSource } from './rate-source';

/**
 * The European Central Bank's reference rates: `eurofxref-daily.xml`, or one of its histories, from a URL or a folder. One euro in each
 * currency, made on working days (ecb.europa.eu, "Euro foreign exchange reference rates").
 */
export const ecbRates = (place: Omit<RatePlace, 'ending'>): RateSource => ({
  name: 'ecb',
  read: async () => (await rateFiles({ ...place, ending: '.xml' })).flatMap(readEcb),
});

type Node = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  // Rates stay text: no float ever.
  parseAttributeValue: false,
  processEntities: false,
  isArray: (name) => name === 'Cube',
});

/** The days of a file of the ECB's. @throws RatesUnreadable that says what is wrong with it */
export function readEcb(text: string): RateSheet[] {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new RatesUnreadable('a document type has no place in a list of rates');
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new RatesUnreadable(`line ${String(valid.err.line)}: ${valid.err.msg}`);
  const days = cubesOf((parser.parse(text) as Node)['Envelope']).flatMap(cubesOf);
  if (days.length === 0) throw new RatesUnreadable('there is no gesmes:Envelope/Cube/Cube in it');
  return days.map((day) => {
    const date = day['@time'];
    if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date)))
      throw new RatesUnreadable(`"${String(date).slice(0, 20)}" is no day`);
    const rates = new Map(cubesOf(day).map((cube) => rateOf(cube, date)));
    if (rates.size === 0) throw new RatesUnreadable(`there are no rates of ${date}`);
    // The bank names a day and no time: its beginning counts, so that no rate is taken for younger than it is.
    return { source: 'ecb', base: 'EUR', asOf: new Date(`${date}T00:00:00Z`), rates };
  });
}

const cubesOf = (node: unknown): Node[] => {
  const cubes = typeof node === 'object' && node !== null ? (node as Node)['Cube'] : undefined;
  return Array.isArray(cubes) ? cubes.filter((cube): cube is Node => typeof cube === 'object' && cube !== null) : [];
};

function rateOf(cube: Node, date: string): [string, Rate] {
  const [currency, text] = [cube['@currency'], cube['@rate']];
  if (typeof currency !== 'string' || !isCurrency(currency))
    throw new RatesUnreadable(`${date}: "${String(currency).slice(0, 10)}" is no currency`);
  const rate = typeof text === 'string' ? parseRate(text) : undefined;
  if (rate === undefined) throw new RatesUnreadable(`${date}: ${currency} has no rate above zero`);
  return [currency, rate];
}
