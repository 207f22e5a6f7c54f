/** An error as Stripe words it; see docs.stripe.com/api/errors. */
export class StripeError extends Error {
  constructor(
    readonly status: number,
    readonly body: {
      type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
      message: string;
      code?: string;
      decline_code?: string;
      advice_code?: string;
      param?: string;
      charge?: string;
      payment_intent?: unknown;
      payment_method?: unknown;
    },
    /** Whether Stripe keeps this answer under the idempotency key: only once execution has begun. */
    readonly executed: boolean,
  ) {
    super(body.message);
    this.name = 'StripeError';
  }
}

export const invalid = (message: string, param?: string, code?: string): StripeError =>
  new StripeError(
    400,
    {
      type: 'invalid_request_error',
      message,
      ...(param !== undefined && { param }),
      ...(code !== undefined && { code }),
    },
    false,
  );

export const missing = (kind: string, id: string, param = 'id'): StripeError =>
  new StripeError(
    404,
    { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${kind}: '${id}'`, param },
    false,
  );
