import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/tools.mjs';
import { checkoutBody, TestStack, type CheckoutView } from '../support/stack';

/** A buyer with a real browser: on the shop, on the PSP's page, and back. */
const executablePath = findChromium();
const images = process.env['PAYSAGA_SCREENSHOTS'] === '1' ? join(__dirname, '..', '..', 'docs', 'images') : undefined;

(executablePath === undefined ? describe.skip : describe)('the hosted payment page in a browser', () => {
  let stack: TestStack;
  let shop: Server;
  let shopUrl: string;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    stack = await TestStack.start();
    shop = createServer((_request, response) => {
      response
        .setHeader('Content-Type', 'text/html')
        .end('<!doctype html><title>Shop</title><h1>Thank you for coming back</h1>');
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const address = shop.address();
    shopUrl = `http://127.0.0.1:${String(typeof address === 'object' && address !== null ? address.port : 0)}/back`;
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      // A 402 or 422 is how the page says that a card was refused; the browser logs it like any other.
      if (message.type() === 'error' && !/status of 4(02|22)/.test(message.text())) errors.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    expect(errors.splice(0)).toEqual([]);
    expect(await stack.differences()).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    shop.close();
    await stack.stop();
  });

  async function open(orders = 1): Promise<string> {
    const body = checkoutBody({ hosted: true, orders, more: { return_url: shopUrl }, amount: '49.90' });
    const { body: checkout } = await stack.post(body);
    await page.goto(checkout.hosted_payment_url ?? '');
    return body.checkout_id;
  }

  async function pay(number: string): Promise<void> {
    await page.getByLabel('Card number').fill('');
    await page.getByLabel('Card number').pressSequentially(number);
    await page.getByLabel('Expiry').fill('');
    await page.getByLabel('Expiry').pressSequentially('1234');
    await page.getByLabel('Security code').fill(number.startsWith('37') ? '1234' : '123');
    await page.getByLabel('Name on card').fill('Ada Lovelace');
    await page.locator('#submit').click();
  }

  const back = (): Promise<void> => page.waitForURL(`${shopUrl}*`);
  const final = (checkoutId: string): Promise<CheckoutView> => stack.final(checkoutId);

  it('pays with a good card and comes back to the shop', async () => {
    const id = await open();
    expect(await page.title()).toBe('Pay €49.90');
    await pay('4242424242424242');
    await back();
    expect(await final(id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
  });

  it('says what is wrong while typing, before anything is sent', async () => {
    const id = await open();
    await page.getByLabel('Card number').pressSequentially('4242424242424241');
    expect(await page.getByLabel('Card number').inputValue()).toBe('4242 4242 4242 4241');
    expect(await page.locator('#brand').textContent()).toBe('Visa');
    await page.locator('#submit').click();
    expect(await page.locator('#number-hint').textContent()).toBe('Your card number is invalid.');
    expect(await page.locator('#expiry-hint').textContent()).toContain('incomplete');
    expect(await page.locator('#number').getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate('document.activeElement.id')).toBe('number');
    expect((await stack.checkout(id)).body.checkout_status).toBe('awaiting_buyer');
  });

  it('a declined card, then a good one', async () => {
    const id = await open();
    await pay('4000000000009995');
    await page.locator('#notice').waitFor();
    expect(await page.locator('#notice').textContent()).toContain('insufficient funds');
    await pay('5555555555554444');
    await back();
    expect(await final(id)).toMatchObject({ checkout_status: 'paid' });
    expect(await stack.pspTotals(id)).toMatchObject({ EUR: { charges: 1, captured: 4990 } });
  });

  it('a 3-D Secure challenge accepted', async () => {
    const id = await open();
    await pay('4000002760003184');
    await page.locator('#authorize').click();
    await back();
    expect(await final(id)).toMatchObject({ checkout_status: 'paid' });
  });

  it('a 3-D Secure challenge refused: back on the page, nothing paid, the storefront gives up', async () => {
    const id = await open();
    await pay('4000002760003184');
    await page.locator('#refuse').click();
    await page.locator('#notice').waitFor();
    expect((await stack.checkout(id)).body.checkout_status).toBe('awaiting_buyer');
    await stack.call('POST', `/v1/checkouts/${id}/cancel`, undefined, { Prefer: 'wait=20' });
    expect(await final(id)).toMatchObject({ checkout_status: 'canceled' });
    expect(await stack.pspTotals(id)).toEqual({});
  });

  it('W5 the buyer goes back to the shop: that proves nothing, the checkout waits; canceled, the page is closed', async () => {
    const id = await open();
    const address = page.url();
    await page.locator('#cancel').click();
    await back();
    expect((await stack.checkout(id)).body.checkout_status).toBe('awaiting_buyer');
    await stack.call('POST', `/v1/checkouts/${id}/cancel`, undefined, { Prefer: 'wait=20' });
    expect(await final(id)).toMatchObject({ checkout_status: 'canceled' });
    await page.goto(address);
    expect(await page.textContent('h1')).toBe('This page has expired');
  });

  it('a card for two sellers is saved once and charged twice', async () => {
    const id = await open(2);
    expect(await page.title()).toBe('Save your card');
    await pay('378282246310005');
    await back();
    expect(await final(id)).toMatchObject({ checkout_status: 'paid' });
    expect(await stack.pspTotals(id)).toMatchObject({ EUR: { charges: 2, captured: 9980 } });
  });

  it('a voucher: the number to pay with, the agent takes the cash', async () => {
    const id = await open();
    await page.getByText('Multibanco').click();
    await page.locator('#submit').click();
    await page.locator('#cash').waitFor();
    await stack.until(id, (checkout) => checkout.payment_orders[0]?.phase === 'processing');
    await page.locator('#cash').click();
    await page.getByText('has been paid').waitFor();
    expect(await final(id)).toMatchObject({ checkout_status: 'paid' });
  });

  it.each([390, 1280])('fits %i px: no sideways scrolling, everything in reach', async (width) => {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    await open();
    const overflow: unknown = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expect((await page.locator('#submit').boundingBox())?.height).toBeGreaterThanOrEqual(44);
    if (images !== undefined)
      await page.screenshot({ path: join(images, `payment-page-${String(width)}.png`), fullPage: width === 390 });
    await pay('4000000000009995');
    await page.locator('#notice').waitFor();
    if (images !== undefined)
      await page.screenshot({
        path: join(images, `payment-page-declined-${String(width)}.png`),
        fullPage: width === 390,
      });
  });

  it("the sandbox's console shows payments and events, and its switches work", async () => {
    const id = await open();
    await pay('4242424242424242');
    await back();
    await final(id);
    await stack.eventsSettled();
    await page.goto(`${stack.sandboxUrl}/`);
    expect(await page.textContent('body')).toContain(`${id}-1`);
    expect(await page.textContent('body')).toContain('payment_intent.succeeded');
    await page.selectOption('[name=kind]', 'rate_limit');
    await page.getByRole('button', { name: 'Arm' }).click();
    await page.getByText('rate_limit: 1 left').waitFor();
    if (images !== undefined) await page.screenshot({ path: join(images, 'sandbox-console-1280.png') });
    await page.getByRole('button', { name: 'Disarm all' }).click();
    await page.getByText('rate_limit: 1 left').waitFor({ state: 'detached' });
    await page.locator('[name=duplicate]').fill('2');
    await page.getByRole('button', { name: 'Apply' }).click();
    expect(await page.textContent('body')).toContain('share from 0 to 1');
    errors.length = 0;
  });
});
