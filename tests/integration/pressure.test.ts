import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BreakerReport } from '../../prisma/psp-breaker';
import { Breaker } from '../../providers/breaker';
import { ProviderError } from '../../providers/provider';
import { checkoutBody, TestStack } from '../support/stack';

const heldBackMs = 15_000;
let stack: TestStack;
let breaker: Breaker;
let report: BreakerReport;
beforeAll(async () => {
  breaker = new Breaker(() => void report.say(), {
    heldBackMs,
    sampling: { threshold: 0.5, duration: 1_000, minimumRps: 10 },
  });
  stack = await TestStack.start({ breaker });
  const standing = () => ({ provider: 'stripe', worker: 'test', state: breaker.state, since: breaker.since });
  report = new BreakerReport(stack.databases.payments, standing);
});
afterAll(() => stack.stop());

const ready = async (): Promise<unknown> => (await fetch(`${stack.apiUrl}/readyz`)).json();
const metrics = async (): Promise<string> => (await fetch(`${stack.apiUrl}/metrics`)).text();

async function failTheProvider(): Promise<void> {
  for (let call = 0; call < 30; call += 1)
    await breaker.run(() => Promise.reject(new ProviderError('outcome_unknown', 'HTTP 500'))).catch(() => undefined);
  await pause(100);
}

describe('a PSP under pressure', () => {
  it('an open breaker shows in health and metrics; orders wait, nothing fails or is parked, and are paid when it closes', async () => {
    const card = checkoutBody({ more: { capture_method: 'manual' } });
    await stack.post(card, { Prefer: 'wait=20' });
    await failTheProvider();
    expect(await ready()).toMatchObject({ status: 'ready', psp: 'calls are held back' });
    expect(await (await fetch(`${stack.apiUrl}/healthz`)).json()).toEqual({ status: 'ok', psp: 'calls are held back' });
    expect(await metrics()).toContain('paysaga_psp_breaker_state{provider="stripe",worker="test"} 2');

    const bodies = [checkoutBody(), checkoutBody({ orders: 2 }), checkoutBody({ hosted: true })];
    await Promise.all(bodies.slice(0, 2).map((body) => stack.post(body)));
    const hosted = stack.post(bodies[2]);
    await stack.call('POST', `/v1/checkouts/${card.checkout_id}/capture`);
    await pause(500);
    const { body: held } = await stack.checkout(bodies[0]?.checkout_id ?? '');
    expect(held.checkout_status).toBe('open');
    const waiting = await stack.checkout(card.checkout_id);
    expect(waiting.body.payment_orders[0]).toMatchObject({ payment_order_status: 'EXECUTING', attention_reason: null });

    for (const body of [...bodies.slice(0, 2), card])
      expect((await stack.final(body.checkout_id)).checkout_status).toBe('paid');
    await hosted;
    await report.say();
    await stack.until(bodies[2]?.checkout_id ?? '', (checkout) => checkout.hosted_payment_url !== null);
    expect(await ready()).toMatchObject({ psp: 'ok' });
    expect(await metrics()).toContain('paysaga_psp_breaker_state{provider="stripe",worker="test"} 0');
    for (const body of bodies.slice(0, 2)) {
      const calls = await stack.journal(body.payment_orders[0]?.payment_order_id ?? '');
      expect(calls.filter((call) => call.path === '/v1/payment_intents')).toHaveLength(1);
    }
  });

  it('U1 a charge that never reached the PSP is no unknown outcome: a cancel ends it at once', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'slow', delay_ms: 1_000, path: '/v1/payment_methods' });
    await stack.post(body);
    await pause(300);
    await failTheProvider();
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    expect(await stack.final(body.checkout_id)).toMatchObject({
      checkout_status: 'canceled',
      payment_orders: [{ failure_reason: 'canceled' }],
    });
    expect(await stack.journal(body.payment_orders[0]?.payment_order_id ?? '')).toEqual([]);
    await pause(heldBackMs);
  });

  it('429 is no outage: the same key is sent again after the time that was asked for', async () => {
    const body = checkoutBody();
    await stack.fault({
      kind: 'rate_limit',
      times: 2,
      metadata: { payment_order_id: body.payment_orders[0]?.payment_order_id },
    });
    const startedAt = Date.now();
    expect((await stack.post(body, { Prefer: 'wait=30' })).body.checkout_status).toBe('paid');
    // Twice `Retry-After: 1`, where our own first pauses would be half a second and one.
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2_000);
    expect(breaker.state).toBe('closed');
    const calls = (await stack.journal(body.payment_orders[0]?.payment_order_id ?? '')).filter(
      (call) => call.path === '/v1/payment_intents',
    );
    expect(calls.map((call) => call.result)).toEqual(['refused', 'refused', 'executed']);
    expect(new Set(calls.map((call) => call.idempotency_key)).size).toBe(1);
  });
});
