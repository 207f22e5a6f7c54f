import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/tools.mjs';
import { looksRight } from '../support/looks';
import { checkoutBody, opsKey, TestStack, unique, type Problem } from '../support/stack';

/** A seller in a real browser: from registration through the PSP's onboarding to a first payout. */
const executablePath = findChromium();

(executablePath === undefined ? describe.skip : describe)('sellers in a browser', () => {
  let stack: TestStack;
  let browser: Browser;
  let page: Page;
  let shop: Server;
  let sellerPages = { return_url: '', refresh_url: '' };

  beforeAll(async () => {
    stack = await TestStack.start();
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage();
    // The merchant's own pages: where the seller comes back to, and where another link is made.
    shop = createServer((_request, response) => response.end('shop'));
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${String((shop.address() as AddressInfo).port)}`;
    sellerPages = { return_url: `${at}/back`, refresh_url: `${at}/again` };
  });
  afterAll(async () => {
    await browser.close();
    await stack.stop();
    shop.close();
  });

  const link = async (seller: string): Promise<string> => {
    const { body } = await stack.call<{ url: string }>('POST', `/v1/sellers/${seller}/onboarding`, {
      country: 'DE',
      ...sellerPages,
    });
    return body.url;
  };

  it('goes through the hosted onboarding to a first payout, and is refused, with the reason, once it is suspended', async () => {
    const seller = unique('seller');
    await stack.paid({ seller, available: true });
    const url = await link(seller);
    await page.goto(url);
    await looksRight(page, 'onboarding');
    // What is missing is said beside its field.
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('Enter an IBAN, such as').waitFor();
    await page.getByLabel('First name').fill('Ada');
    await page.getByLabel('Last name').fill('Lovelace');
    await page.getByLabel('Date of birth').fill('1985-12-10');
    await page.getByLabel('Address').fill('Ringweg 1, Bonn');
    await page.getByLabel('IBAN').fill('DE89 3704 0044 0532 0130 00');
    await page.getByLabel('I agree to the terms').check();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.waitForURL(sellerPages.return_url);
    await stack.when<{ standing: string }>(`/v1/sellers/${seller}`, ({ standing }) => standing === 'verified');
    const { body: payout } = await stack.payOut({ seller_account: seller });
    expect(payout.payout_status).toBe('paid');
    // The link was for one visit.
    await page.goto(url);
    expect(page.url()).toBe(sellerPages.refresh_url);

    const reason = 'sells what it does not have';
    await stack.call('POST', `/v1/sellers/${seller}/suspend`, { reason }, { Authorization: `Bearer ${opsKey}` });
    let refused: Problem | undefined;
    await stack.eventually(async () => {
      const answer = await stack.call<Problem>('POST', '/v1/payments', checkoutBody({ sellers: [seller] }));
      refused = answer.body;
      return answer.status === 409 ? undefined : String(answer.status);
    });
    expect(refused?.errors).toEqual([
      { pointer: '/payment_orders/0/seller_account', detail: `is suspended: ${reason}` },
    ]);
    const blocked = await stack.payOut({ seller_account: seller });
    expect(blocked.body).toMatchObject({ block: 'seller_suspended' });
  });

  it('who saves it for later comes back to the shop, and stands as before', async () => {
    const seller = unique('seller');
    await page.goto(await link(seller));
    await page.getByRole('link', { name: 'Save for later' }).click();
    await page.waitForURL(sellerPages.return_url);
    const { body } = await stack.call<{ standing: string }>('GET', `/v1/sellers/${seller}`);
    expect(body.standing).toBe('onboarding');
  });
});
