import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Ajv from 'ajv';
import { evidenceBody } from '../../api/schemas';
import type { ProviderError } from '../../providers/provider';
import { type OperationIdentity, type PaymentProvider, type PayoutIdentity } from '../../providers/provider';
import { StripeProvider } from '../../providers/stripe/provider';
import { Sandbox } from '../../sandbox/server';
import { findStripeMock, stripeOpenApi } from '../../scripts/tools.mjs';
import { freePort } from '../../local/ports';
import { answer, submitCard, submitWay } from '../support/payment-page';
import { testServers } from '../support/servers';
import { unique } from '../support/stack';

const mock = findStripeMock();
const identity = (operation: OperationIdentity['operation'], paymentOrderId = unique('po')): OperationIdentity => ({
  merchantId: 'm',
  paymentOrderId,
  operation,
  attempt: 1,
});
const pay = (operation: 'charge' | 'authorize', customer: string, paymentMethod: string) => ({
  identity: identity(operation),
  checkoutId: 'c',
  amount: { amountMinor: 1000n, currency: 'EUR' },
  customer,
  paymentMethod,
  statementDescriptor: 'ADA',
  returnUrl: 'https://shop.example/back',
});
const pageFor = (operation: 'charge' | 'authorize', customer = 'cus_1') => ({
  merchantId: 'm',
  checkoutId: unique('c'),
  round: 1,
  customer,
  returnUrl: 'https://shop.example/back',
  expiresAtSeconds: Math.floor(Date.now() / 1000) + 3_600,
  order: {
    identity: identity(operation),
    amount: { amountMinor: 1000n, currency: 'EUR' },
    seller: 'ada',
    statementDescriptor: 'ADA',
  },
});
const payoutStep = (step: PayoutIdentity['step']) => ({
  identity: { merchantId: 'm', payoutId: unique('po'), step, attempt: 1 },
  account: 'acct_1',
  amount: { amountMinor: 1000n, currency: 'EUR' },
});
const evidenceNames = Object.keys(evidenceBody.shape.evidence.shape);
const buyer = (paymentMethod = 'pm_card_visa') => ({
  merchantId: 'm',
  buyerId: unique('b'),
  checkoutId: unique('c'),
  customer: null,
  paymentMethod,
  email: 'a@example.com',
  name: 'Ada',
});

(mock === undefined ? describe.skip : describe)('our requests are valid for Stripe (stripe-mock)', () => {
  let child: ChildProcess;
  let provider: PaymentProvider;
  beforeAll(async () => {
    const [http, https] = [await freePort(), await freePort()];
    child = spawn(
      mock ?? '',
      ['-http-port', String(http), '-https-port', String(https), '-strict-version-check=false'],
      { stdio: 'ignore' },
    );
    const url = `http://127.0.0.1:${String(http)}`;
    provider = new StripeProvider({ secretKey: 'sk_test_123', url: await olderRelease(url) });
    for (let tries = 0; tries < 100; tries += 1) {
      try {
        await fetch(url);
        return;
      } catch {
        await pause(100);
      }
    }
  });
  afterAll(() => {
    child.kill();
    relay.close();
  });

  // The newest stripe-mock is of the API release before the SDK's, in which one parameter of pages had another name.
  let relay: Server;
  async function olderRelease(url: string): Promise<string> {
    relay = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks)
          .toString()
          .replaceAll('allowed_payment_method_types', 'payment_method_types');
        const answered = await fetch(`${url}${request.url ?? ''}`, {
          method: request.method ?? 'GET',
          headers: {
            Authorization: request.headers.authorization ?? '',
            'Content-Type': 'application/x-www-form-urlencoded',
          },
          ...(request.method === 'POST' && { body }),
        });
        response.writeHead(answered.status, { 'Content-Type': 'application/json' }).end(await answered.text());
      })();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => relay.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String(port)}`;
  }

  it.each<[string, () => Promise<unknown>]>([
    ['prepareBuyer', () => provider.prepareBuyer(buyer())],
    ['charge', () => provider.charge(pay('charge', 'cus_1', 'pm_1'))],
    ['authorize', () => provider.authorize(pay('authorize', 'cus_1', 'pm_1'))],
    ['charge with a challenge', () => provider.charge({ ...pay('charge', 'cus_1', 'pm_1'), challenge: true })],
    ['charge without the buyer', () => provider.charge({ ...pay('charge', 'cus_1', 'pm_1'), offSession: true })],
    [
      'capture',
      () =>
        provider.capture({
          identity: identity('capture'),
          reference: 'pi_1',
          amount: { amountMinor: 1000n, currency: 'EUR' },
        }),
    ],
    ['void', () => provider.void({ identity: identity('void'), reference: 'pi_1' })],
    [
      'refund',
      () =>
        provider.refund({
          identity: identity('refund'),
          reference: 'pi_1',
          amount: { amountMinor: 1000n, currency: 'EUR' },
        }),
    ],
    ['retrieve', () => provider.retrieve('pi_1')],
    ['find', () => provider.find({ identity: identity('charge'), customer: 'cus_1', sinceSeconds: 1 })],
    ['findRefund', () => provider.findRefund({ identity: identity('refund'), reference: 'pi_1' })],
    [
      'createCustomer',
      () => provider.createCustomer({ merchantId: 'm', buyerId: unique('b'), email: 'a@example.com', name: 'Ada' }),
    ],
    ['openPage for one order', () => provider.openPage(pageFor('charge'))],
    ['openPage for one order, captured by hand', () => provider.openPage(pageFor('authorize'))],
    ['openPage with a challenge', () => provider.openPage({ ...pageFor('charge'), challenge: true })],
    [
      'openCardPage',
      () =>
        provider.openCardPage({
          merchantId: 'm',
          subscriptionId: unique('sub'),
          number: 1,
          customer: 'cus_1',
          returnUrl: 'https://shop.example.com/back',
          expiresAtSeconds: Math.floor(Date.now() / 1000) + 3_600,
        }),
    ],
    ['openPage for several orders', () => provider.openPage({ ...pageFor('charge'), order: null })],
    ['closePage', () => provider.closePage('cs_test_1')],
    ['readRefund', () => provider.readRefund('re_1')],
    ['availabilityOfCharges', () => provider.availabilityOfCharges(1)],
    ['payouts.readAccount', () => provider.payouts.readAccount('acct_1')],
    ['payouts.transfer', () => provider.payouts.transfer(payoutStep('transfer'))],
    ['payouts.findTransfer', () => provider.payouts.findTransfer(payoutStep('transfer'))],
    ['payouts.payOut', () => provider.payouts.payOut(payoutStep('payout'))],
    ['payouts.findPayout', () => provider.payouts.findPayout({ ...payoutStep('payout'), sinceSeconds: 1 })],
    ['payouts.readPayout', () => provider.payouts.readPayout({ account: 'acct_1', reference: 'po_1' })],
    [
      'payouts.reverseTransfer',
      () => provider.payouts.reverseTransfer({ ...payoutStep('transfer_reversal'), transfer: 'tr_1' }),
    ],
    ['disputes.read', () => provider.disputes.read('dp_1')],
    [
      'disputes.sendEvidence',
      () =>
        provider.disputes.sendEvidence({
          merchantId: 'm',
          reference: 'dp_1',
          evidence: Object.fromEntries(evidenceNames.map((name) => [name, 'text'])),
          revision: 1,
          submit: true,
        }),
    ],
    ['disputes.accept', () => provider.disputes.accept({ merchantId: 'm', reference: 'dp_1' })],
  ])('%s', async (_name, request) => {
    // The mock's answers are canned; it refuses what Stripe's own document doesn't allow.
    const { outcome } = ((await request()) ?? {}) as { outcome?: string };
    expect(['rejected', 'refused']).not.toContain(outcome);
  });
});

type Schema = Record<string, unknown>;

/** One of Stripe's schemas as JSON Schema: references inlined, `nullable` spelled out, expandable fields left open. */
function jsonSchema(all: Record<string, Schema>, schema: Schema, depth = 0): Schema {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
  if (schema['x-expansionResources'] !== undefined || depth > 9) return {};
  if (name !== undefined) return jsonSchema(all, all[name] ?? {}, depth + 1);
  const {
    nullable,
    properties,
    items,
    anyOf,
    enum: values,
    ...rest
  } = schema as {
    nullable?: boolean;
    properties?: Record<string, Schema>;
    items?: Schema;
    anyOf?: Schema[];
    enum?: unknown[];
  } & Schema;
  const converted: Schema = {
    ...(typeof rest['type'] === 'string' && { type: rest['type'] }),
    ...(rest['required'] !== undefined && { required: rest['required'] }),
    ...(values !== undefined && { enum: values }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, inner]) => [key, jsonSchema(all, inner, depth + 1)]),
      ),
    }),
    ...(items !== undefined && { items: jsonSchema(all, items, depth + 1) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map((inner) => jsonSchema(all, inner, depth + 1)) }),
  };
  return nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted;
}

(existsSync(stripeOpenApi) ? describe : describe.skip)(
  "the sandbox answers as Stripe's own OpenAPI document says",
  () => {
    const document = existsSync(stripeOpenApi)
      ? (JSON.parse(readFileSync(stripeOpenApi, 'utf8')) as { components: { schemas: Record<string, Schema> } })
      : { components: { schemas: {} } };
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const check = (kind: string, value: unknown): void => {
      const validate =
        ajv.getSchema(kind) ??
        ajv.addSchema(jsonSchema(document.components.schemas, { $ref: `#/${kind}` }), kind).getSchema(kind);
      if (validate?.(value) !== true) throw new Error(`${kind}: ${ajv.errorsText(validate?.errors)}`);
      // Nothing that Stripe doesn't know.
      const known = Object.keys(document.components.schemas[kind]?.['properties'] ?? {});
      expect(Object.keys(value as object).filter((key) => !known.includes(key))).toEqual([]);
    };

    let sandbox: Sandbox;
    let url: string;
    beforeAll(async () => {
      sandbox = new Sandbox(join(testServers().folder, unique('contract'), 'sandbox.jsonl'));
      url = `http://127.0.0.1:${String(await sandbox.listen(0))}`;
    });
    afterAll(() => sandbox.close());

    async function stripe(
      method: string,
      path: string,
      form: Record<string, string> = {},
    ): Promise<Record<string, unknown>> {
      const response = await fetch(`${url}/v1/${path}`, {
        method,
        headers: { Authorization: 'Bearer sk_test_x' },
        ...(method === 'POST' && { body: new URLSearchParams(form) }),
      });
      return (await response.json()) as Record<string, unknown>;
    }
    const intent = (more: Record<string, string>) =>
      stripe('POST', 'payment_intents', { amount: '1000', currency: 'eur', confirm: 'true', ...more });

    it('customers, payment methods, payment intents in every state, charges, refunds, balance', async () => {
      const customer = await stripe('POST', 'customers', { email: 'a@example.com' });
      check('customer', customer);
      const attached = await stripe('POST', 'payment_methods/pm_card_visa/attach', {
        customer: String(customer['id']),
      });
      check('payment_method', attached);
      check(
        'payment_method',
        await stripe('POST', 'payment_methods/pm_usBankAccount_success/attach', { customer: String(customer['id']) }),
      );
      const card = { customer: String(customer['id']), payment_method: String(attached['id']) };
      const succeeded = await intent(card);
      check('payment_intent', succeeded);
      expect(succeeded['status']).toBe('succeeded');
      const charge = await stripe('GET', `charges/${String(succeeded['latest_charge'])}`);
      check('charge', charge);
      check(
        'balance_transaction',
        await stripe('GET', `balance_transactions/${String(charge['balance_transaction'])}`),
      );
      const refund = await stripe('POST', 'refunds', { payment_intent: String(succeeded['id']), amount: '400' });
      check('refund', refund);
      check(
        'balance_transaction',
        await stripe('GET', `balance_transactions/${String(refund['balance_transaction'])}`),
      );
      const authorized = await intent({ ...card, capture_method: 'manual' });
      check('payment_intent', authorized);
      check('payment_intent', await stripe('POST', `payment_intents/${String(authorized['id'])}/capture`));
      check(
        'payment_intent',
        await stripe(
          'POST',
          `payment_intents/${String((await intent({ ...card, capture_method: 'manual' }))['id'])}/cancel`,
        ),
      );
      check('payment_intent', await intent({ payment_method: 'pm_card_authenticationRequired' }));
      check('payment_intent', await intent({ payment_method: 'pm_usBankAccount_success' }));
      const declined = (await intent({ payment_method: 'pm_card_chargeDeclined' }))['error'] as Record<string, unknown>;
      check('api_errors', declined);
      check('payment_intent', declined['payment_intent']);
      check('balance', await stripe('GET', 'balance'));
    });

    it('payment pages, saved cards, vouchers and the events of all of them', async () => {
      const provider = new StripeProvider({ secretKey: 'sk_test_x', url });
      const customer = await provider.createCustomer({
        merchantId: 'm',
        buyerId: unique('b'),
        email: null,
        name: null,
      });
      const open = async (input: Parameters<PaymentProvider['openPage']>[0]) => {
        const opened = await provider.openPage(input);
        if (opened.outcome !== 'opened') throw new Error(opened.message);
        check('checkout.session', await stripe('GET', `checkout/sessions/${opened.page}`));
        return opened;
      };
      const paid = await open(pageFor('charge', customer));
      await submitCard(paid.url, '4242424242424242');
      const session = await stripe('GET', `checkout/sessions/${paid.page}`);
      check('checkout.session', session);
      check('payment_intent', await stripe('GET', `payment_intents/${String(session['payment_intent'])}`));
      const saved = await open({ ...pageFor('charge', customer), order: null });
      await submitCard(saved.url, '4242424242424242');
      const saving = await stripe('GET', `checkout/sessions/${saved.page}`);
      check('checkout.session', saving);
      const setup = await stripe('GET', `setup_intents/${String(saving['setup_intent'])}`);
      check('setup_intent', setup);
      check('payment_method', await stripe('GET', `payment_methods/${String(setup['payment_method'])}`));
      const delayed = await open(pageFor('charge', customer));
      const voucher = await submitWay(delayed.url, 'voucher');
      const waiting = await stripe('GET', `checkout/sessions/${delayed.page}`);
      const voucherIntent = String(waiting['payment_intent']);
      check('payment_intent', await stripe('GET', `payment_intents/${voucherIntent}`));
      await answer(delayed.url, voucher.location, 'succeeded');
      const finished = await stripe('GET', `payment_intents/${voucherIntent}`);
      check('charge', await stripe('GET', `charges/${String(finished['latest_charge'])}`));
      const debit = await open(pageFor('charge', customer));
      await submitWay(debit.url, 'bank');
      await provider.closePage((await open(pageFor('charge', customer))).page);
      const { data } = (await stripe('GET', 'events?limit=100')) as {
        data: (Record<string, unknown> & { type: string })[];
      };
      for (const event of data) check('event', event);
      expect(data.map((event) => event.type)).toEqual(
        expect.arrayContaining([
          'payment_intent.created',
          'payment_intent.succeeded',
          'payment_intent.requires_action',
          'payment_intent.processing',
          'charge.succeeded',
          'setup_intent.succeeded',
          'checkout.session.completed',
          'checkout.session.async_payment_succeeded',
          'checkout.session.expired',
        ]),
      );
    });

    it('connected accounts, transfers, reversals, payouts, disputes, and refunds that fail', async () => {
      const id = (object: Record<string, unknown>): string => String(object['id']);
      const outside = async (path: string, body: object = {}): Promise<void> => {
        const response = await fetch(`${url}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
        expect(response.ok).toBe(true);
      };
      const rich = await intent({ payment_method: 'pm_card_bypassPending', amount: '100000' });
      const account = await stripe('POST', 'accounts', { country: 'DE', 'metadata[sandbox_payouts]': 'manual' });
      check('account', account);
      const link = {
        type: 'account_onboarding',
        return_url: 'https://shop.example/',
        refresh_url: 'https://shop.example/again',
      };
      check('account_link', await stripe('POST', 'account_links', { account: id(account), ...link }));
      await outside(`accounts/${id(account)}/verify`);
      check('account', await stripe('GET', `accounts/${id(account)}`));
      const transfer = await stripe('POST', 'transfers', { amount: '5000', currency: 'eur', destination: id(account) });
      check('transfer', transfer);
      const asSeller = (method: string, path: string, form: Record<string, string> = {}) =>
        fetch(`${url}/v1/${path}`, {
          method,
          headers: { Authorization: 'Bearer sk_test_x', 'Stripe-Account': id(account) },
          ...(method === 'POST' && { body: new URLSearchParams(form) }),
        }).then((response) => response.json() as Promise<Record<string, unknown>>);
      const payout = await asSeller('POST', 'payouts', { amount: '2000', currency: 'eur' });
      check('payout', payout);
      await outside(`payouts/${id(payout)}/finish`, { outcome: 'failed' });
      check('payout', await asSeller('GET', `payouts/${id(payout)}`));
      check('transfer_reversal', await stripe('POST', `transfers/${id(transfer)}/reversals`, { amount: '2000' }));
      check('transfer', await stripe('GET', `transfers/${id(transfer)}`));
      expect(
        ((await asSeller('POST', 'payouts', { amount: '9000', currency: 'eur' }))['error'] as { code: string }).code,
      ).toBe('balance_insufficient');
      const refund = await stripe('POST', 'refunds', { payment_intent: id(rich), amount: '400' });
      await outside(`refunds/${id(refund)}/finish`, { outcome: 'failed' });
      check('refund', await stripe('GET', `refunds/${id(refund)}`));
      await outside('disputes', { payment_intent: id(rich) });
      const { data: disputes } = (await stripe('GET', 'disputes')) as { data: Record<string, unknown>[] };
      const [dispute] = disputes;
      check('dispute', dispute);
      check(
        'dispute',
        await stripe('POST', `disputes/${id(dispute ?? {})}`, { 'evidence[uncategorized_text]': 'winning_evidence' }),
      );
      for (const { id: line } of ((await stripe('GET', 'balance_transactions?limit=100')) as { data: { id: string }[] })
        .data)
        check('balance_transaction', await stripe('GET', `balance_transactions/${line}`));
      for (const event of (
        (await asSeller('GET', 'events?limit=100')) as { data: (Record<string, unknown> & { account: string })[] }
      ).data) {
        check('event', event);
        expect(event.account).toBe(id(account));
      }
    });

    it('a decline, a refusal and a missing object are errors as Stripe words them', async () => {
      for (const path of ['payment_intents/pi_none', 'customers/cus_none'])
        check('api_errors', (await stripe('GET', path))['error']);
      check('api_errors', (await stripe('POST', 'payment_intents', { amount: '0', currency: 'eur' }))['error']);
    });
  },
);

describe("the sandbox keeps Stripe's rules", () => {
  let sandbox: Sandbox;
  let url: string;
  let path: string;
  beforeAll(async () => {
    path = join(testServers().folder, unique('rules'), 'sandbox.jsonl');
    sandbox = new Sandbox(path);
    url = `http://127.0.0.1:${String(await sandbox.listen(0))}`;
  });
  afterAll(() => sandbox.close());
  const post = async (resource: string, form: Record<string, string>, key?: string) => {
    const response = await fetch(`${url}/v1/${resource}`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sk_test_y', ...(key !== undefined && { 'Idempotency-Key': key }) },
      body: new URLSearchParams(form),
    });
    return {
      status: response.status,
      replayed: response.headers.get('idempotent-replayed'),
      body: (await response.json()) as { id: string; error?: { type: string; code?: string; message: string } },
    };
  };
  const charge = (more: Record<string, string>, key?: string) =>
    post('payment_intents', { amount: '1000', currency: 'eur', confirm: 'true', ...more }, key);

  it('same key and body replays, even a decline; another body is a 400; another account has its own keys', async () => {
    const first = await charge({ payment_method: 'pm_card_visa' }, 'k1');
    expect(await charge({ payment_method: 'pm_card_visa' }, 'k1')).toEqual({ ...first, replayed: 'true' });
    expect(await charge({ payment_method: 'pm_card_visa', amount: '2000' }, 'k1')).toMatchObject({
      status: 400,
      body: { error: { type: 'idempotency_error' } },
    });
    const declined = await charge({ payment_method: 'pm_card_chargeDeclined' }, 'k2');
    expect(declined.status).toBe(402);
    expect(await charge({ payment_method: 'pm_card_chargeDeclined' }, 'k2')).toEqual({ ...declined, replayed: 'true' });
  });

  it('a key in use is a 409, and validation errors do not burn a key', async () => {
    await fetch(`${url}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ kind: 'slow', delay_ms: 400 }) });
    const [slow, second] = await Promise.all([
      charge({ payment_method: 'pm_card_visa' }, 'k3'),
      pause(100).then(() => charge({ payment_method: 'pm_card_visa' }, 'k3')),
    ]);
    expect([slow.status, second.status]).toEqual([200, 409]);
    expect((await charge({ amount: 'x' }, 'k4')).status).toBe(400);
    expect((await charge({ payment_method: 'pm_card_visa' }, 'k4')).status).toBe(200);
  });

  it('an unattached card pays once', async () => {
    const card = await post('payment_methods', { type: 'card', 'card[token]': 'tok_visa' });
    expect((await charge({ payment_method: card.body.id })).status).toBe(200);
    expect(await charge({ payment_method: card.body.id })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('previously used') as unknown } },
    });
  });

  it('refunds never exceed the charge', async () => {
    const { body } = await charge({ payment_method: 'pm_card_visa' });
    expect((await post('refunds', { payment_intent: body.id, amount: '600' })).status).toBe(200);
    expect((await post('refunds', { payment_intent: body.id, amount: '600' })).status).toBe(400);
    expect((await post('refunds', { payment_intent: body.id, amount: '400' })).status).toBe(200);
    expect((await post('refunds', { payment_intent: body.id })).body.error?.code).toBe('charge_already_refunded');
  });

  it('everything is there again after the process is gone, even when the last line was cut short', async () => {
    const { body } = await charge({ payment_method: 'pm_card_visa' }, 'k5');
    const { appendFileSync } = await import('node:fs');
    appendFileSync(path, '{"objects":[{"acc');
    const again = new Sandbox(path);
    const port = await again.listen(0);
    const response = await fetch(`http://127.0.0.1:${String(port)}/v1/payment_intents/${body.id}`, {
      headers: { Authorization: 'Bearer sk_test_y' },
    });
    expect(await response.json()).toMatchObject({ id: body.id, status: 'succeeded' });
    await again.close();
  });

  it('U2 a payment is found by our ids: at once by its customer, later by search', async () => {
    const provider = new StripeProvider({ secretKey: 'sk_test_y', url });
    const prepared = await provider.prepareBuyer(buyer());
    if (prepared.outcome !== 'prepared') throw new Error('not prepared');
    // Only authorized: there is no settlement line that would give it away.
    const input = pay('authorize', prepared.customer, prepared.paymentMethod);
    const authorized = await provider.authorize(input);
    const { identity: ours } = input;
    const sinceSeconds = Math.floor(Date.now() / 1000) - 60;
    const { customer } = prepared;
    expect(await provider.find({ identity: ours, customer, sinceSeconds })).toEqual(authorized);
    expect(await provider.find({ identity: { ...ours, attempt: 2 }, customer, sinceSeconds })).toBeUndefined();
    expect(await provider.find({ identity: ours, customer: null, sinceSeconds })).toBeUndefined();
    await pause(3_100);
    expect(await provider.find({ identity: ours, customer: null, sinceSeconds })).toEqual(authorized);
  });

  it('U2 a payment that neither list nor search shows is found by its settlement line', async () => {
    const provider = new StripeProvider({ secretKey: 'sk_test_y', url });
    const prepared = await provider.prepareBuyer(buyer());
    if (prepared.outcome !== 'prepared') throw new Error('not prepared');
    const input = pay('charge', prepared.customer, prepared.paymentMethod);
    const charged = await provider.charge(input);
    const sinceSeconds = Math.floor(Date.now() / 1000) - 60;
    // Without the customer, and so soon after that the search doesn't know it yet.
    expect(await provider.find({ identity: input.identity, customer: null, sinceSeconds })).toEqual(charged);
  });

  it('U1 an unreachable PSP is "not sent", a silent one is "unknown"', async () => {
    const nobody = new StripeProvider({ secretKey: 'sk_test_y', url: 'http://127.0.0.1:1' });
    await expect(nobody.retrieve('pi_1')).rejects.toMatchObject({
      problem: 'unavailable',
    } satisfies Partial<ProviderError>);
    await fetch(`${url}/_sandbox/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'timeout_after_effect', delay_ms: 2_000 }),
    });
    const hasty = new StripeProvider({ secretKey: 'sk_test_y', url, timeoutMs: 300 });
    await expect(hasty.charge(pay('charge', '', 'pm_card_visa'))).rejects.toMatchObject({
      problem: 'outcome_unknown',
    } satisfies Partial<ProviderError>);
  });
});
