import { describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { toProviderError } from './errors';

const make = (statusCode: number, more: object = {}) =>
  Stripe.errors.generateV1Error({ message: 'm', type: 'api_error', statusCode, headers: {}, ...more } as never);

describe('U1 what a failed call means', () => {
  it.each([
    [
      'refused connection',
      new Stripe.errors.StripeConnectionError({
        message: 'm',
        type: 'api_error',
        detail: { code: 'ECONNREFUSED' },
      } as never),
      'unavailable',
    ],
    [
      'reset after the bytes went out',
      new Stripe.errors.StripeConnectionError({
        message: 'm',
        type: 'api_error',
        detail: { code: 'ECONNRESET' },
      } as never),
      'outcome_unknown',
    ],
    [
      'time-out',
      new Stripe.errors.StripeConnectionError({
        message: 'm',
        type: 'api_error',
        detail: { code: 'ETIMEDOUT' },
      } as never),
      'outcome_unknown',
    ],
    ['500', make(500), 'outcome_unknown'],
    ['503', make(503), 'outcome_unknown'],
    ['409, our key is in use', make(409), 'outcome_unknown'],
    ['429', make(429, { type: 'invalid_request_error' }), 'rate_limited'],
    ['401', make(401, { type: 'invalid_request_error' }), 'misconfigured'],
    ['403', make(403, { type: 'invalid_request_error' }), 'misconfigured'],
    ['400 idempotency_error', make(400, { type: 'idempotency_error' }), 'idempotency_conflict'],
    ['404', make(404, { type: 'invalid_request_error' }), 'rejected'],
    ['anything else', new Error('socket hang up'), 'outcome_unknown'],
  ])('%s', (_name, error, problem) => {
    expect(toProviderError(error).problem).toBe(problem);
  });

  it('a 429 carries the time Stripe asks for', () => {
    expect(
      toProviderError(make(429, { type: 'invalid_request_error', headers: { 'retry-after': '7' } })).retryAfterMs,
    ).toBe(7000);
  });
});
