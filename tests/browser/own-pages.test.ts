import { createECDH, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { generateVAPIDKeys } from 'web-push';
import { pushWay } from '../../notifications/push';
import { findChromium } from '../../scripts/tools.mjs';
import { looksRight } from '../support/looks';
import { Authenticator, firstOperator, PeopleProcess } from '../support/people';
import { enter, register } from '../support/people-pages';
import { openPush, Receiver } from '../support/receivers';
import { checkoutBody, TestStack, unique } from '../support/stack';

/** What sellers and buyers see of their own, and alarms in the browser of whoever is on duty. */
const executablePath = findChromium();
const password = 'correct horse battery staple';

(executablePath === undefined ? describe.skip : describe)('own pages in a browser', () => {
  let stack: TestStack;
  let people: PeopleProcess;
  let browser: Browser;
  let operators: BrowserContext;
  let operator: Page;
  let pushService = '';
  const receiver = new Receiver();
  const vapid = generateVAPIDKeys();

  beforeAll(async () => {
    pushService = await receiver.listen();
    stack = await TestStack.start({
      withWorker: false,
      notifications: true,
      plant: (dependencies) => ({
        ...dependencies,
        notifications: {
          sendPush: pushWay({ ...vapid, subject: 'mailto:ops@paysaga.example' }, { allowLoopback: true }),
          publicUrl: stack.apiUrl,
          temporalUi: 'https://temporal.example',
        },
      }),
    });
    await stack.startWorker();
    people = await PeopleProcess.start(stack, { VAPID_PUBLIC_KEY: vapid.publicKey });
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    operators = await browser.newContext();
    operator = await operators.newPage();
    await signIn(operator, firstOperator.email, firstOperator.password);
    await setUp(operator, firstOperator.password);
  });
  afterAll(async () => {
    await browser.close();
    await people.stop();
    await stack.stop();
    await receiver.close();
  });

  async function signIn(page: Page, email: string, word = password): Promise<void> {
    await enter(page, people, email, word);
    await page.waitForURL((url) => url.pathname !== '/sign-in');
  }

  async function setUp(page: Page, word = password): Promise<Authenticator> {
    await page.getByLabel('Your password').fill(word);
    await page.getByRole('button', { name: 'Go on' }).click();
    const authenticator = new Authenticator((await page.locator('#secret').textContent()) ?? '');
    await page.getByLabel('The six digits').fill(await authenticator.code());
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/account/authenticator'));
    return authenticator;
  }

  /** Somebody who has registered and confirmed their address, in a browser of their own. */
  async function registered(): Promise<{ email: string; page: Page }> {
    const email = `${unique('p')}@example.com`;
    const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
    await page.goto(`${people.url}/register`);
    await register(page, people, email, password);
    return { email, page };
  }

  it('a buyer registers, and finds what was paid under that address, each with a receipt', async () => {
    const { email, page } = await registered();
    const body = checkoutBody({ orders: 2, more: { buyer_info: { id: 'b', email } } });
    await stack.post(body, { Prefer: 'wait=30' });
    const order = body.payment_orders[1]?.payment_order_id ?? '';
    await stack.call('POST', `/v1/payments/${order}/refunds`, { amount: '2.50' }, { Prefer: 'wait=30' });
    await signIn(page, email);
    await page.getByRole('heading', { name: 'Payments' }).waitFor();
    await looksRight(page, 'people-payments');
    await page.getByRole('row').last().getByRole('link').click();
    await page.getByRole('heading', { name: 'Receipt' }).waitFor();
    await page.getByText('Paid: 20.00 EUR').waitFor();
    await page.getByText('of which 2.50 EUR was given back').waitFor();
    await looksRight(page, 'people-receipt');
    expect(await page.getByRole('link', { name: 'Approvals' }).count()).toBe(0);
  });

  it('P5, X4 a seller sees what is its own, and says with a second factor where its money goes', async () => {
    const { seller, account } = await stack.verifiedSeller();
    await stack.paid({ seller, available: true });
    await stack.payOut({ seller_account: seller, amount: '30.00' });
    const { email, page } = await registered();
    await operator.goto(`${people.url}/people`);
    await operator.getByRole('link', { name: email }).click();
    await operator.getByLabel('Sellers they are').fill(`default/${seller}`);
    await operator.getByRole('button', { name: 'Save' }).click();
    await operator.getByText('It is done.').waitFor();

    await signIn(page, email);
    await setUp(page);
    await page.getByRole('heading', { name: 'Selling' }).waitFor();
    await page.getByText('60.00').waitFor();
    await page.getByText('30.00 EUR').waitFor();
    await page.getByText(account).waitFor();
    await looksRight(page, 'people-selling');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toMatch(`statement-${seller}-EUR-`);

    await page.getByLabel('Account at the payment provider').fill('acct_1Other');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByText('The payout account is changed.').waitFor();
    await page.getByText('acct_1Other').waitFor();
    const { body } = await stack.payOut({ seller_account: seller });
    expect(body).toMatchObject({ block: 'payout_account_changed' });
  });

  it('a browser is subscribed to alarms, shows them, and is stopped', async () => {
    const { origin } = new URL(people.url);
    await operators.grantPermissions(['notifications'], { origin });
    // No push service can be reached from a test: the browser has one of ours, and everything else is its own.
    const keys = createECDH('prime256v1');
    keys.generateKeys();
    const auth = randomBytes(16).toString('base64url');
    const p256dh = keys.getPublicKey('base64url');
    const subscription = { endpoint: `${pushService}/push`, expirationTime: null, keys: { p256dh, auth } };
    await operator.addInitScript((given: string) => {
      const made = { toJSON: () => JSON.parse(given) as object };
      (globalThis as unknown as { PushManager: { prototype: object } }).PushManager.prototype = Object.assign(
        (globalThis as unknown as { PushManager: { prototype: object } }).PushManager.prototype,
        { subscribe: () => Promise.resolve(made), getSubscription: () => Promise.resolve(null) },
      );
    }, JSON.stringify(subscription));
    const session = await operators.newCDPSession(operator);
    const registrations: { registrationId: string; scopeURL: string }[] = [];
    session.on('ServiceWorker.workerRegistrationUpdated', (found) => registrations.push(...found.registrations));
    await session.send('ServiceWorker.enable');

    await operator.goto(`${people.url}/alarms?merchant=default`);
    await operator.getByLabel('dispute opened').check();
    await looksRight(operator, 'people-alarms');
    await operator.getByRole('button', { name: 'Show alarms in this browser' }).click();
    await operator.getByText('It is done.').waitFor();
    await operator.getByRole('cell', { name: 'My browser' }).waitFor();

    const { payment } = await stack.paid();
    await stack.outside<{ id: string }>('disputes', { payment_intent: payment });
    await stack.eventually(() => Promise.resolve(receiver.on('/push').length > 0 ? undefined : 'nothing was pushed'));
    const [pushed] = receiver.on('/push');
    const data = openPush(pushed?.body ?? Buffer.alloc(0), keys, auth);
    const registrationId = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin))?.registrationId ?? '';
    await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
    await stack.eventually(async () => {
      const titles = await operator.evaluate<string[]>(
        'navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map(({ title }) => title))',
      );
      return titles.some((title) => /dispute/i.test(title)) ? undefined : `shown: ${titles.join()}`;
    });

    await operator.getByRole('button', { name: 'Stop' }).click();
    await operator.getByRole('cell', { name: 'stopped' }).waitFor();
  });
});
