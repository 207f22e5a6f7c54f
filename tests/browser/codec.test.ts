import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { chromium, type Browser, type Page } from 'playwright-core';
import { createCodecApp, sessionKeyOf } from '../../api/codec';
import { openDatabase } from '../../prisma/database';
import { findChromium } from '../../scripts/tools.mjs';
import { EncryptionCodec } from '../../temporal/payload-codec';
import { sealedBundle } from '../support/sealed';
import { testServers } from '../support/servers';
import { checkoutBody, opsKey, TestStack } from '../support/stack';

/** The Temporal UI over sealed payloads: nobody reads them there, but an operator who has signed in at the codec server. */
const executablePath = findChromium();
const images = process.env['PAYSAGA_SCREENSHOTS'] === '1' ? join(__dirname, '..', '..', 'docs', 'images') : undefined;
const key = { id: 'of-the-tests', key: randomBytes(32) };

(executablePath === undefined ? describe.skip : describe)('X1 sealed payloads in the Temporal UI', () => {
  let stack: TestStack;
  let browser: Browser;
  let identity: ReturnType<typeof openDatabase>;
  let server: Server;
  let codecUrl: string;

  beforeAll(async () => {
    stack = await TestStack.start({ sealed: { keys: [key], bundle: await sealedBundle() } });
    identity = openDatabase('identity', stack.urls.identity, 'one_merchant', () => undefined);
    const app = createCodecApp({
      identity,
      operators: undefined,
      logger: pino({ level: 'silent' }),
      codec: new EncryptionCodec([key]),
      sessionKey: sessionKeyOf(randomBytes(32)),
      uiOrigins: [testServers().temporalUiUrl],
      merchantId: 'default',
      secure: false,
    });
    server = createServer(app);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
    codecUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });
  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
    await identity.$disconnect();
    await stack.stop();
  });

  const shows = (page: Page, text: string): Promise<boolean> =>
    page
      .getByText(text)
      .first()
      .waitFor({ timeout: 10_000 })
      .then(
        () => true,
        () => false,
      );

  it('shows nothing without, and the payment in plain text after signing in', async () => {
    const body = checkoutBody();
    await stack.post(body, { Prefer: 'wait=60' });
    const [order] = body.payment_orders;
    const seller = order?.seller_account ?? '';
    const { temporalUiUrl } = testServers();
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const page = await context.newPage();
    const path = `/namespaces/default/workflows/${encodeURIComponent(`payment-order/default/${order?.payment_order_id ?? ''}`)}`;
    await page.goto(`${temporalUiUrl}${path}`);
    await page.getByText('Result').first().waitFor({ timeout: 60_000 });
    expect(await shows(page, seller)).toBe(false);

    // What docs/operations.md has an operator do once: the server's address, and the browser's cookie with each question.
    await page.locator('button[data-testid*="codec"], button[data-testid*="encoder"]').first().click();
    await page.getByPlaceholder('Paste your endpoint here').fill(codecUrl);
    await page.locator('label', { hasText: 'Include cross-origin credentials' }).click();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.reload();
    await page.getByText('Result').first().waitFor();
    expect(await shows(page, seller)).toBe(false);

    const codecPage = await context.newPage();
    await codecPage.goto(codecUrl);
    await codecPage.locator('#secret').fill(opsKey);
    await codecPage.getByRole('button', { name: 'Sign in' }).click();
    await codecPage.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.reload();
    expect(await shows(page, seller)).toBe(true);
    if (images !== undefined) await page.screenshot({ path: join(images, 'ops-codec-1400.png') });

    await codecPage.getByRole('button', { name: 'Sign out' }).click();
    await codecPage.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByText('Result').first().waitFor();
    expect(await shows(page, seller)).toBe(false);
    await context.close();
  });
});
