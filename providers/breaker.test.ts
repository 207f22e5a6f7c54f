import { describe, expect, it } from '@jest/globals';
import { Breaker } from './breaker';
import { ProviderError, type BreakerState, type PaymentProvider } from './provider';

const failing = () => Promise.reject(new ProviderError('outcome_unknown', 'HTTP 500'));
const problemOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'fine',
    (error: unknown) => error,
  );

function breaker(heldBackMs = 60_000) {
  const heard: BreakerState[] = [];
  return {
    heard,
    breaker: new Breaker((state) => heard.push(state), {
      heldBackMs,
      sampling: { threshold: 0.5, duration: 1_000, minimumRps: 10 },
    }),
  };
}

describe('the circuit breaker', () => {
  it('opens when most calls fail, and then says that nothing was sent and when to come again', async () => {
    const { breaker: one, heard } = breaker();
    for (let call = 0; call < 20; call += 1) await problemOf(one.run(failing));
    expect(one.state).toBe('open');
    expect(heard).toEqual(['open']);
    let called = false;
    const refusal = await problemOf(
      one.run(() => {
        called = true;
        return Promise.resolve();
      }),
    );
    expect(called).toBe(false);
    expect(refusal).toMatchObject({ problem: 'unavailable', code: 'circuit_open' });
    expect((refusal as ProviderError).retryAfterMs).toBeGreaterThan(0);
  });

  it('closes again when a call that was let through succeeds', async () => {
    const { breaker: one, heard } = breaker(20);
    for (let call = 0; call < 20; call += 1) await problemOf(one.run(failing));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await one.run(() => Promise.resolve('answer'))).toBe('answer');
    expect(heard).toEqual(['open', 'half_open', 'closed']);
  });

  it('takes declines, refusals, 429 and a key in use for answers', async () => {
    const { breaker: one } = breaker();
    const answers = [
      new ProviderError('rejected', 'no such card'),
      new ProviderError('rate_limited', 'slow down'),
      new ProviderError('outcome_unknown', 'in use', 'idempotency_key_in_use'),
      new ProviderError('misconfigured', 'wrong key'),
    ];
    for (let call = 0; call < 40; call += 1)
      await problemOf(one.run(() => Promise.reject(answers[call % 4] ?? new Error())));
    expect(one.state).toBe('closed');
  });

  it('guards every call of a provider, and leaves pure checks alone', async () => {
    const { breaker: one } = breaker();
    const provider = one.guard({ retrieve: failing, checkAmount: () => undefined } as unknown as PaymentProvider);
    for (let call = 0; call < 20; call += 1) await problemOf(provider.retrieve('pi_1'));
    expect(await problemOf(provider.retrieve('pi_1'))).toMatchObject({ code: 'circuit_open' });
    expect(() => provider.checkAmount({ amountMinor: 1n, currency: 'EUR' })).not.toThrow();
  });
});
