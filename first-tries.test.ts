import { describe, expect, it } from '@jest/globals';
import type { Context } from '@temporalio/activity';
import { firstTries, type FirstTrySettings } from './first-tries';

const begun: string[] = [];

/** Calls an activity as a worker does, which ends when `until` does. */
function caller(settings: Partial<FirstTrySettings>) {
  const interceptors = firstTries({
    abreast: 2,
    patienceMs: 0,
    isReachable: () => true,
    take: () => Promise.resolve(true),
    ...settings,
  });
  return async (activityType: string, isLocal: boolean, until: Promise<void> = Promise.resolve()): Promise<unknown> => {
    const context: unknown = { info: { activityType, isLocal } };
    const { inbound } = interceptors(context as Context);
    const next = async (): Promise<string> => {
      begun.push(activityType);
      await until;
      return 'done';
    };
    return inbound?.execute === undefined ? next() : inbound.execute({ args: [], headers: {} }, next);
  };
}

describe("calls to the PSP that don't wait for the queue", () => {
  it('are so many at once; one more is refused before it has begun', async () => {
    const call = caller({ abreast: 2 });
    let finish = (): void => undefined;
    const until = new Promise<void>((resolve) => (finish = resolve));
    const two = ['chargePaymentOrder', 'prepareBuyer'].map((name) => call(name, true, until));
    await new Promise((next) => setImmediate(next));
    begun.length = 0;
    await expect(call('chargePaymentOrder', true)).rejects.toMatchObject({ type: 'ProviderUnavailable' });
    expect(begun).toEqual([]);
    finish();
    expect(await Promise.all(two)).toEqual(['done', 'done']);
    expect(await call('chargePaymentOrder', true)).toBe('done');
  });

  it('one more waits for its place a while, but nobody does where that was not enough', async () => {
    const call = caller({ abreast: 1, patienceMs: 5_000 });
    let finish = (): void => undefined;
    const first = call('prepareBuyer', true, new Promise<void>((resolve) => (finish = resolve)));
    const second = call('chargePaymentOrder', true);
    await new Promise((next) => setImmediate(next));
    begun.length = 0;
    finish();
    expect(await Promise.all([first, second])).toEqual(['done', 'done']);
    expect(begun).toEqual(['chargePaymentOrder']);

    const crowded = caller({ abreast: 1, patienceMs: 20 });
    const stuck = crowded('prepareBuyer', true, new Promise<void>((resolve) => (finish = resolve)));
    const refusal = { type: 'ProviderUnavailable', details: [{ retryAfterMs: 0 }] };
    await expect(crowded('chargePaymentOrder', true)).rejects.toMatchObject(refusal);
    const atOnce = await Promise.race([
      crowded('chargePaymentOrder', true).catch(() => 'refused'),
      new Promise((resolve) => setImmediate(() => resolve('waits'))),
    ]);
    expect(atOnce).toBe('refused');
    finish();
    expect(await stuck).toBe('done');
    expect(await crowded('chargePaymentOrder', true)).toBe('done');
  });

  it('are refused when the calls of this second are used up, and give back their place', async () => {
    let left = 1;
    const call = caller({ abreast: 1, take: () => Promise.resolve((left -= 1) >= 0) });
    expect(await call('authorizePaymentOrder', true)).toBe('done');
    await expect(call('capturePaymentOrder', true)).rejects.toMatchObject({ type: 'ProviderRateLimited' });
    left = 1;
    expect(await call('capturePaymentOrder', true)).toBe('done');
  });

  it('are not tried while the breaker holds calls back', async () => {
    let reachable = false;
    const call = caller({ isReachable: () => reachable });
    await expect(call('chargePaymentOrder', true)).rejects.toMatchObject({ type: 'ProviderUnavailable' });
    reachable = true;
    expect(await call('chargePaymentOrder', true)).toBe('done');
  });

  it('bound nothing else: not what the queue hands out, and not our own database', async () => {
    const call = caller({ abreast: 0, isReachable: () => false });
    expect(await call('chargePaymentOrder', false)).toBe('done');
    expect(await call('bookCapture', true)).toBe('done');
  });
});
