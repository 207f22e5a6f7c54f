import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { readStripeEvent, subscribedEvents, WebhookRefused } from './webhook';

const now = 1_800_000_000;
const [live, previous] = ['whsec_live_secret', 'whsec_previous_secret'];
const payload = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  type: 'payment_intent.succeeded',
  created: now - 5,
  livemode: false,
  data: {
    object: {
      id: 'pi_1',
      object: 'payment_intent',
      amount: 1000,
      currency: 'eur',
      receipt_email: 'ada@example.com',
      metadata: { merchant_id: 'm', payment_order_id: 'o', attempt: '1', note: 'something private' },
    },
  },
});
const sign = (secret: string, timestamp = now, body = payload): string =>
  Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
const read = (body: string, signature: string, secrets = [live, previous]) =>
  readStripeEvent(Buffer.from(body), signature, secrets, now);

describe('W1 a webhook is checked over its raw bytes', () => {
  it('takes either of two live secrets', () => {
    for (const secret of [live, previous]) expect(read(payload, sign(secret)).eventId).toBe('evt_1');
  });

  it('takes a header that carries signatures of both, as while a secret is rolled', () => {
    const [time, ofLive] = sign(live).split(',');
    expect(
      read(payload, `${time ?? ''},${sign('whsec_another').split(',')[1] ?? ''},${ofLive ?? ''}`, [live]).eventId,
    ).toBe('evt_1');
  });

  it.each([
    ['an altered byte', payload.replace('1000', '1001'), sign(live)],
    ['re-serialised JSON', JSON.stringify(JSON.parse(payload), null, 2), sign(live)],
    ['another secret', payload, sign('whsec_wrong_secret')],
    ['301 seconds ago', payload, sign(live, now - 301)],
    ['no signature in the header', payload, `t=${String(now)}`],
    ['an empty header', payload, ''],
  ])('refuses %s', (_what, body, signature) => {
    expect(() => read(body, signature)).toThrow(WebhookRefused);
  });

  it('still takes one of 299 seconds ago, and refuses all when there is no secret', () => {
    expect(read(payload, sign(live, now - 299)).eventId).toBe('evt_1');
    expect(() => read(payload, sign(live), [])).toThrow(WebhookRefused);
  });

  it('refuses what is signed and is no event', () => {
    for (const body of [
      '[]',
      '{}',
      'null',
      '"x"',
      '{"id":"evt_1","type":"payment_intent.succeeded","created":1}',
      'not json',
    ])
      expect(() => read(body, sign(live, now, body))).toThrow(WebhookRefused);
  });
});

it('docs/stripe.md has an endpoint made for all types that say something new', () => {
  const text = readFileSync('docs/stripe.md', 'utf8');
  const [, endpoint = ''] = /these events: ([^]*?)More do no harm/.exec(text) ?? [];
  const [, connected = ''] = /"for connected accounts", same address, with ([^]*?);/.exec(text) ?? [];
  let subject = '';
  const named = [...`${endpoint} ${connected}`.matchAll(/`([a-z_.]+|charge\.dispute\.\*)`/g)].map(([, name = '']) => {
    if (!name.startsWith('.')) subject = name.slice(0, name.lastIndexOf('.'));
    return name.startsWith('.') ? subject + name : name;
  });
  const isNamed = (type: string): boolean => named.includes(type.replace(/^(charge\.dispute)\..*/, '$1.*'));
  expect(subscribedEvents.filter((type) => !isNamed(type))).toEqual([]);
  expect(named.filter((name) => !name.endsWith('*') && !subscribedEvents.includes(name))).toEqual([]);
});

describe('what is read off an event', () => {
  it('is what it claims, about which payment, with our own ids and nothing of the buyer', () => {
    const event = read(payload, sign(live));
    expect(event).toEqual({
      eventId: 'evt_1',
      type: 'payment_intent.succeeded',
      occurredAt: new Date((now - 5) * 1000),
      livemode: false,
      account: null,
      subject: {
        claim: 'succeeded',
        object: 'pi_1',
        payment: 'pi_1',
        amountMinor: '1000',
        currency: 'EUR',
        metadata: { merchant_id: 'm', payment_order_id: 'o', attempt: '1' },
      },
    });
  });

  it('disputes, refunds and payouts are told apart; types not known repeat what is told elsewhere', () => {
    const typed = (type: string): string => payload.replace('payment_intent.succeeded', type);
    const claim = (type: string) => read(typed(type), sign(live, now, typed(type))).subject.claim;
    expect(claim('charge.dispute.funds_withdrawn')).toBe('dispute_changed');
    expect(claim('refund.failed')).toBe('refund_changed');
    expect(claim('payout.failed')).toBe('payout_changed');
    expect(claim('charge.succeeded')).toBe('told_elsewhere');
    expect(claim('something.new')).toBe('told_elsewhere');
  });
});
