import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rateText } from '../../domain/fx';
import { ecbRates, readEcb } from './ecb';
import { jsonRates, readJson } from './json';

const envelope = (cubes: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>${cubes}</Cube>
</gesmes:Envelope>`;
const day = (date: string, usd: string): string =>
  `<Cube time='${date}'><Cube currency='USD' rate='${usd}'/><Cube currency='JPY' rate='180.12'/></Cube>`;

describe('the file of the European Central Bank', () => {
  it('is read by days, with rates as they are written', () => {
    const sheets = readEcb(envelope(day('2026-11-20', '1.1588') + day('2026-11-19', '1.1600')));
    expect(sheets.map(({ source, base, asOf }) => ({ source, base, asOf: asOf.toISOString() }))).toEqual([
      { source: 'ecb', base: 'EUR', asOf: '2026-11-20T00:00:00.000Z' },
      { source: 'ecb', base: 'EUR', asOf: '2026-11-19T00:00:00.000Z' },
    ]);
    expect([...(sheets[0]?.rates ?? [])].map(([currency, rate]) => [currency, rateText(rate)])).toEqual([
      ['USD', '1.1588'],
      ['JPY', '180.12'],
    ]);
  });

  it.each([
    ['', 'line 1'],
    ['<html><body>maintenance</body></html>', 'there is no gesmes:Envelope/Cube/Cube in it'],
    [envelope(day('2026-11-20', '1.1588')).slice(0, -30), 'line'],
    [envelope(day('yesterday', '1.1588')), '"yesterday" is no day'],
    [envelope(day('2026-11-20', 'N/A')), '2026-11-20: USD has no rate above zero'],
    [envelope(day('2026-11-20', '0')), '2026-11-20: USD has no rate above zero'],
    [envelope("<Cube time='2026-11-20'><Cube currency='US$' rate='1'/></Cube>"), '"US$" is no currency'],
    [envelope("<Cube time='2026-11-20'></Cube>"), 'there are no rates of 2026-11-20'],
    [`<!DOCTYPE x [<!ENTITY a "b">]>${envelope(day('2026-11-20', '1'))}`, 'a document type has no place'],
  ])('%#: is refused whole, with words', (text, problem) => {
    expect(() => readEcb(text)).toThrow(problem);
  });
});

describe('JSON', () => {
  it('is read with a day or a time, and leaves out what is no currency', () => {
    const rates = { EUR: 1, USD: 1.1588, JPY: '180.12', XAU: 0.00028, DOGE: 7 };
    const sheet = readJson('frankfurter', JSON.stringify({ amount: 1, base: 'EUR', date: '2026-11-20', rates }));
    expect(sheet).toMatchObject({ source: 'frankfurter', base: 'EUR', asOf: new Date('2026-11-20T00:00:00Z') });
    expect([...sheet.rates].map(([currency, rate]) => [currency, rateText(rate)])).toEqual([
      ['USD', '1.1588'],
      ['JPY', '180.12'],
    ]);
    const timed = readJson('x', JSON.stringify({ timestamp: 1_795_000_000, base: 'USD', rates: { EUR: 0.863 } }));
    expect(timed.asOf).toEqual(new Date(1_795_000_000_000));
  });

  it.each([
    ['not json', 'it is no JSON'],
    ['{"base":"EUR","rates":{"USD":1}}', 'date or timestamp is missing'],
    ['{"base":"EURO","date":"2026-11-20","rates":{"USD":1}}', 'base must be an ISO 4217 currency'],
    ['{"base":"EUR","date":"20 Nov","rates":{"USD":1}}', 'date'],
    ['{"base":"EUR","date":"2026-11-20","rates":{"USD":-1}}', 'rates.USD: "-1" is no rate'],
    ['{"base":"EUR","date":"2026-11-20","rates":{"USD":null}}', 'rates.USD'],
    ['{"base":"EUR","date":"2026-11-20","rates":{"EUR":1}}', 'there are no rates in it'],
    ['[]', 'expected object'],
  ])('%j is refused with words', (text, problem) => {
    expect(() => readJson('x', text)).toThrow(problem);
  });
});

describe('where they are read', () => {
  it('a folder: the newest files of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paysaga-rates-'));
    try {
      const source = ecbRates({ from: folder });
      await expect(source.read()).rejects.toThrow('there is no .xml file in the folder');
      writeFileSync(join(folder, 'readme.txt'), 'not rates');
      for (let age = 0; age < 12; age += 1) {
        const path = join(folder, `${String(age)}.xml`);
        writeFileSync(path, envelope(day(`2026-11-${String(20 - age).padStart(2, '0')}`, '1.1588')));
        utimesSync(path, 1_795_000_000 - age, 1_795_000_000 - age);
      }
      const sheets = await source.read();
      expect(sheets).toHaveLength(10);
      expect(sheets[0]?.asOf).toEqual(new Date('2026-11-20T00:00:00Z'));
      await expect(ecbRates({ from: join(folder, 'nowhere') }).read()).rejects.toThrow('ENOENT');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a URL: with its token, and without a word of the URL in what is said of a failure', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      if (request.url?.startsWith('/away') === true) response.writeHead(503).end();
      else if (request.url?.startsWith('/endless') === true) response.end('x'.repeat(5 * 1024 * 1024));
      else response.end(JSON.stringify({ base: 'EUR', date: '2026-11-20', rates: { USD: 1.1588 } }));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = (path: string) =>
      jsonRates('service', { from: `http://127.0.0.1:${String(port)}${path}?app_id=secret`, token: 'tok' }).read();
    try {
      expect((await at('/latest.json'))[0]).toMatchObject({ source: 'service', base: 'EUR' });
      expect(asked).toEqual(['Bearer tok']);
      await expect(at('/away')).rejects.toThrow(/^the source of rates answers 503$/);
      await expect(at('/endless')).rejects.toThrow(/^it has more than 4194304 bytes$/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    const nobody = createServer();
    await new Promise<void>((resolve) => void nobody.listen(0, '127.0.0.1', resolve));
    const free = (nobody.address() as AddressInfo).port;
    await new Promise((resolve) => nobody.close(resolve));
    const away = ecbRates({ from: `http://127.0.0.1:${String(free)}/?app_id=secret` }).read();
    await expect(away).rejects.toThrow(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  });
});
