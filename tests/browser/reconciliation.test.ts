import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/tools.mjs';
import { testServers } from '../support/servers';
import { accessible } from '../support/looks';
import { opsKey, TestStack, unique } from '../support/stack';
import { atOnce } from '../support/windows';

/** What finance and ops look at in the morning, in a real browser. */
const executablePath = findChromium();
const images = process.env['PAYSAGA_SCREENSHOTS'] === '1' ? join(__dirname, '..', '..', 'docs', 'images') : undefined;
const day = new Date().toISOString().slice(0, 10);

(executablePath === undefined ? describe.skip : describe)('the nightly report and the open breaks in a browser', () => {
  let stack: TestStack;
  let browser: Browser;

  beforeAll(async () => {
    stack = await TestStack.start({
      plant: (dependencies) => ({
        ...dependencies,
        reconciliationWindows: atOnce,
      }),
    });
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    const kinds = ['missing', 'doubled', 'amount', 'currency', undefined, undefined];
    for (const kind of kinds) {
      const { id } = await stack.paid({
        currency: kind === undefined ? 'JPY' : 'EUR',
        ...(kind === undefined && { amount: '5000', fee: '500' }),
      });
      const { rows } = await stack.owner.query<{ charge: string }>(
        'SELECT psp_charge_reference AS charge FROM payments.payment_order WHERE payment_order_id = $1',
        [id],
      );
      if (kind !== undefined)
        await stack.outside('settlement_lines/faults', { kind, source: rows[0]?.charge, by: -250, currency: 'usd' });
    }
    await stack.outside('settlement_lines/faults', {
      kind: 'foreign',
      source: unique('ch').replace('-', '_'),
      by: 1_250,
      secret_key: 'sk_test_default',
    });
    // Days before, for the trend.
    for (let back = 12; back > 0; back -= 1)
      await stack.reconcile(new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10));
    await stack.reconcile(day);
    await stack.found(`BreakClass IS NOT NULL AND ExecutionStatus = 'Running' AND TaskQueue = '${stack.taskQueue}'`, 5);
  });
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  async function open(width: number): Promise<{ page: Page; asked: string[]; errors: string[] }> {
    const page = await browser.newPage({
      viewport: { width, height: 900 },
      extraHTTPHeaders: { Authorization: `Bearer ${opsKey}` },
    });
    const [asked, errors]: [string[], string[]] = [[], []];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    return { page, asked, errors };
  }

  it.each([1280, 390])('the report reads well %i pixels wide, and fetches nothing but itself', async (width) => {
    const { page, asked, errors } = await open(width);
    const url = `${stack.apiUrl}/v1/reconciliation/runs/${day}/report`;
    await page.goto(url);
    expect(await page.title()).toContain(`Reconciliation ${day}`);
    await accessible(page, 'the report');
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'What the PSP has moved',
      'Balances: opening + net = closing, and the ledger',
      'Breaks of this day by class',
      'Breaks',
      'Inside checks',
      'The last 13 runs',
    ]);
    // Wide tables scroll by themselves; the page does not.
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
    if (images !== undefined)
      await page.screenshot({ path: join(images, `reconciliation-report-${String(width)}.png`), fullPage: true });
    expect(asked.filter((one) => one !== url && !one.startsWith('data:'))).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('the Temporal UI lists open breaks by class', async () => {
    const { temporalUiUrl } = testServers();
    const page = await browser.newPage({ viewport: { width: 1400, height: 700 } });
    const query = `BreakClass IS NOT NULL AND ExecutionStatus = 'Running' AND TaskQueue = '${stack.taskQueue}'`;
    await page.goto(`${temporalUiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
    await page
      .getByText(/break\/default\/brk_/)
      .first()
      .waitFor({ timeout: 60_000 });
    expect(await page.getByText(/break\/default\/brk_/).count()).toBeGreaterThanOrEqual(5);
    if (images !== undefined) {
      await page.screenshot({ path: join(images, 'open-breaks-1400.png') });
      expect(readFileSync(join(images, 'open-breaks-1400.png')).length).toBeGreaterThan(10_000);
    }
    await page.close();
  });
});
