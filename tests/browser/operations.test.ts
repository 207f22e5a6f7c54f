import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../scripts/tools.mjs';
import { testServers } from '../support/servers';
import { checkoutBody, TestStack, unique } from '../support/stack';

/** What somebody does at night in the real Temporal UI: finds a payment that waits, reads why, and has it tried again. */
const executablePath = findChromium();
const images = process.env['PAYSAGA_SCREENSHOTS'] === '1' ? join(__dirname, '..', '..', 'docs', 'images') : undefined;

(executablePath === undefined ? describe.skip : describe)('ops in the Temporal UI', () => {
  let stack: TestStack;
  let browser: Browser;

  beforeAll(async () => {
    stack = await TestStack.start();
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  it('finds a parked payment by its seller, reads its story, applies retry, and sees it complete', async () => {
    let acts: unknown[] = [];
    // The order goes on by itself when the key is right again: on a slow machine before the word has arrived. Then once more.
    for (let tries = 0; tries < 4 && acts.length === 0; tries += 1) acts = await settleByHand();
    expect(acts).toEqual([{ action: 'retry', actor: 'ana', reason: 'the key is right again' }]);
  });

  async function settleByHand(): Promise<unknown[]> {
    const seller = unique('ada');
    const body = checkoutBody();
    const [order] = body.payment_orders;
    if (order === undefined) throw new Error('a checkout has an order');
    const checkout = { ...body, payment_orders: [{ ...order, seller_account: seller }] };
    await stack.fault({ kind: 'unauthorized', times: 50, metadata: { payment_order_id: order.payment_order_id } });
    await stack.post(checkout);
    await stack.parked(body.checkout_id);
    const query = `SellerId = '${seller}' AND NeedsAttention = true`;
    await stack.found(query, 1);

    const { temporalUiUrl } = testServers();
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(`${temporalUiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
    const row = page.getByText(`payment-order/default/${order.payment_order_id}`).first();
    await row.waitFor({ timeout: 60_000 });
    if (images !== undefined) await page.screenshot({ path: join(images, 'ops-find-1400.png') });
    await row.click();
    await page.getByText('User Metadata').first().click();
    // The UI shows Markdown in frames of its own.
    await stack.eventually(async () => {
      const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
      return texts.some((text) => text.includes('psp_misconfigured') && text.includes('retry'))
        ? undefined
        : 'no story';
    });
    if (images !== undefined) await page.screenshot({ path: join(images, 'ops-story-1400.png') });

    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send an Update' }).click();
    const dialog = page.getByRole('dialog').filter({ hasText: 'Send an Update' });
    await dialog.getByTestId('update-select-button').click();
    await dialog.getByRole('option', { name: 'retry' }).click();
    await dialog.locator('.cm-content').fill('{"actor": "ana", "reason": "the key is right again"}');
    if (images !== undefined) await page.screenshot({ path: join(images, 'ops-retry-1400.png') });
    // Only now: see above.
    await stack.clearFaults();
    // The editor moves the button away as it loses the focus to a real click.
    await dialog.getByRole('button', { name: 'Submit' }).dispatchEvent('click');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    await page.reload();
    await page.getByText('Completed').first().waitFor({ timeout: 60_000 });
    if (images !== undefined) await page.screenshot({ path: join(images, 'ops-completed-1400.png') });
    const { rows } = await stack.owner.query<{ action: string; actor: string; reason: string }>(
      'SELECT action, actor, reason FROM payments.ops_action WHERE payment_order_id = $1',
      [order.payment_order_id],
    );
    await page.close();
    return rows;
  }
});
