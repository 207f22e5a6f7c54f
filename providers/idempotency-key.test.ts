import { describe, expect, it } from '@jest/globals';
import { pspIdempotencyKey } from './idempotency-key';
import { open, seal } from './secret-box';

const identity = { merchantId: 'm', paymentOrderId: 'po', operation: 'charge', attempt: 1 } as const;

describe('I5 PSP keys', () => {
  it('I5 the same business operation has the same key, for ever', () => {
    expect(pspIdempotencyKey(identity)).toBe(pspIdempotencyKey({ ...identity }));
    expect(pspIdempotencyKey(identity).length).toBeLessThanOrEqual(255);
  });

  it('I5 another merchant, order, operation or attempt has another', () => {
    const keys = [
      identity,
      { ...identity, merchantId: 'n' },
      { ...identity, paymentOrderId: 'pp' },
      { ...identity, operation: 'refund' as const },
      { ...identity, attempt: 2 },
    ].map(pspIdempotencyKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('sealed PSP keys', () => {
  const key = Buffer.alloc(32, 7);

  it('open with the same key for the same merchant only', () => {
    const sealed = seal('sk_live_x', key, 'm');
    expect(sealed.toString('latin1')).not.toContain('sk_live');
    expect(open(sealed, key, 'm')).toBe('sk_live_x');
    expect(() => open(sealed, key, 'n')).toThrow();
    expect(() => open(sealed, Buffer.alloc(32, 8), 'm')).toThrow();
    sealed[14] = (sealed[14] ?? 0) ^ 1;
    expect(() => open(sealed, key, 'm')).toThrow();
  });
});
