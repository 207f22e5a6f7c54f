import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/tools.mjs';
import { looksRight } from '../support/looks';
import { Authenticator, firstOperator, PeopleProcess } from '../support/people';
import { enter, register } from '../support/people-pages';
import { TestStack, type PayoutView } from '../support/stack';

/** People in a real browser: registering, second factors, and an approval that moves money. */
const executablePath = findChromium();
const password = 'correct horse battery staple';

(executablePath === undefined ? describe.skip : describe)('people in a browser', () => {
  let stack: TestStack;
  let people: PeopleProcess;
  let browser: Browser;
  let operators: BrowserContext;
  let operator: Page;

  beforeAll(async () => {
    stack = await TestStack.start();
    people = await PeopleProcess.start(stack);
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    operators = await browser.newContext();
    operator = await operators.newPage();
  });
  afterAll(async () => {
    await browser.close();
    await people.stop();
    await stack.stop();
  });

  const looks = (page: Page, name: string): Promise<void> => looksRight(page, `people-${name}`);

  const signIn = (page: Page, email: string, word: string): Promise<void> => enter(page, people, email, word);

  async function setUp(
    page: Page,
    word: string,
    name?: string,
  ): Promise<{ authenticator: Authenticator; codes: string[] }> {
    await page.getByLabel('Your password').fill(word);
    await page.getByRole('button', { name: 'Go on' }).click();
    const authenticator = new Authenticator((await page.locator('#secret').textContent()) ?? '');
    const codes = await page.locator('#recovery-codes li').allTextContents();
    if (name !== undefined) await looks(page, name);
    await page.getByLabel('The six digits').fill(await authenticator.code());
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: /Approvals|Account/ }).waitFor();
    return { authenticator, codes };
  }

  it("X4 the first operator's first sign-in sets the second factor, before anything else", async () => {
    await operator.goto(people.url);
    await looks(operator, 'sign-in');
    await signIn(operator, firstOperator.email, firstOperator.password);
    await operator.getByRole('heading', { name: 'Set up an authenticator' }).waitFor();
    await setUp(operator, firstOperator.password, 'authenticator');
    await operator.goto(`${people.url}/account`);
    await looks(operator, 'account');
    await operator.goto(`${people.url}/happenings`);
    await looks(operator, 'happenings');
  });

  it('registers, confirms by the mail, gets a role, sets a code, signs in with it, and approves a payout; so does a second person', async () => {
    const { seller } = await stack.verifiedSeller();
    await stack.paid({ seller, amount: '20000.00', fee: '0.00', available: true });
    const { body } = await stack.payOut({ seller_account: seller, amount: '10000.01' });
    expect(body).toMatchObject({ payout_status: 'awaiting_approval', approvals_needed: 2 });
    for (const [email, isFirst] of [
      ['ada@example.com', true],
      ['grace@example.com', false],
    ] as const) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${people.url}/register`);
      if (isFirst) await looks(page, 'register');
      await register(page, people, email, password);

      await operator.goto(`${people.url}/people`);
      if (isFirst) await looks(operator, 'people');
      await operator.getByRole('link', { name: email }).click();
      await operator.getByRole('checkbox', { name: 'finance' }).check();
      await operator.getByLabel('Merchants they act for').fill('default');
      await operator.getByRole('button', { name: 'Save' }).click();
      await operator.getByText('It is done.').waitFor();
      if (isFirst) await looks(operator, 'person');

      await signIn(page, email, password);
      const { authenticator, codes } = await setUp(page, password);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await signIn(page, email, password);
      if (isFirst) {
        await page.getByRole('link', { name: 'Use a recovery code' }).click();
        await page.getByLabel('One of your recovery codes').fill(codes[0] ?? '');
      } else await page.getByLabel('The six digits').fill(await authenticator.code());
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.getByText('10000.01 EUR').waitFor();
      if (isFirst) await looks(page, 'approvals');
      await page.getByLabel('Reason').fill('checked with the seller');
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('It is approved.').waitFor();
      await context.close();
    }
    const paid = await stack.when<PayoutView>(
      `/v1/payouts/${body.payout_id}`,
      ({ payout_status: status }) => status === 'paid',
    );
    const { rows } = await stack.owner.query<{ actor: string }>(
      `SELECT 'operator:' || id AS actor FROM people.person WHERE email IN ('ada@example.com', 'grace@example.com') ORDER BY email`,
    );
    expect(paid.approvals).toEqual(rows.map(({ actor }) => expect.objectContaining({ actor })));
  });

  it('a passkey that asks who holds it is added, signs in by itself, and is a second factor', async () => {
    const session = await operators.newCDPSession(operator);
    await session.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options });
    await operator.goto(`${people.url}/account`);
    await operator.getByRole('button', { name: 'Add a passkey' }).click();
    await operator.getByText('Passkey, since').waitFor();
    await operator.getByRole('button', { name: 'Sign out' }).click();
    await operator.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await operator.getByRole('heading', { name: 'Approvals' }).waitFor();
    const { rows } = await stack.owner.query<{ factor: string }>(
      'SELECT factor FROM people.session JOIN people.person AS p ON p.id = person_id WHERE email = $1 AND second_factor_at IS NOT NULL',
      [firstOperator.email],
    );
    expect(rows).toEqual([{ factor: 'passkey' }]);

    // A device that is only held, and doesn't ask who holds it, is one factor.
    await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await operator.getByRole('button', { name: 'Sign out' }).click();
    await operator.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await operator.locator('#passkey-problem:not(:empty)').waitFor();
    await operator.goto(`${people.url}/account`);
    expect(operator.url()).toContain('/sign-in');
    await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
  });

  it('ten wrong passwords lock, the page says until when, and a new password by mail unlocks', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    for (let n = 0; n < 11; n += 1) await signIn(page, 'ada@example.com', `guess number ${String(n)}`);
    await page.getByText('Too many wrong passwords').waitFor();
    await looks(page, 'locked');
    await signIn(page, 'ada@example.com', password);
    await page.getByText('Too many wrong passwords').waitFor();

    await page.getByRole('link', { name: 'Forgotten password' }).click();
    await page.getByLabel('E-mail address').fill('ada@example.com');
    await page.getByRole('button', { name: 'Send a link' }).click();
    await page.getByText('A mail is on its way').waitFor();
    await page.goto(await people.linkFor('ada@example.com', 'Choose a new password'));
    await page.getByLabel('New password').fill('another correct horse');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await signIn(page, 'ada@example.com', 'another correct horse');
    await page.getByLabel('The six digits').waitFor();
    await context.close();
  });
});
