import { Connect } from './connect';
import { Disputes } from './disputes';
import { Sessions } from './sessions';
import type { StripeObject } from './store';
import type { StripeApi } from './stripe-api';
import { missing, StripeError } from './stripe-error';

/** Search results lag this far behind, as Stripe's do. */
const searchLagSeconds = 2;

type Handler = (api: StripeApi, id: string) => unknown;

/** Stripe's resources served here. `:id` is the one variable a path may hold. */
const routes: readonly (readonly [method: 'GET' | 'POST', path: string, handler: Handler])[] = [
  ['POST', '/v1/customers', (api) => api.createCustomer()],
  ['GET', '/v1/customers', (api) => api.list('customer', '/v1/customers', ['email'])],
  ['GET', '/v1/customers/:id', (api, id) => api.get('customer', id)],
  ['POST', '/v1/payment_methods', (api) => api.createPaymentMethod()],
  ['GET', '/v1/payment_methods/:id', (api, id) => api.get('payment_method', id)],
  ['POST', '/v1/payment_methods/:id/attach', (api, id) => api.attachPaymentMethod(id)],
  ['POST', '/v1/payment_methods/:id/detach', (api, id) => api.detachPaymentMethod(id)],
  ['POST', '/v1/payment_intents', (api) => api.createPaymentIntent()],
  ['GET', '/v1/payment_intents', (api) => api.list('payment_intent', '/v1/payment_intents', ['customer'])],
  [
    'GET',
    '/v1/payment_intents/search',
    (api) => api.search('payment_intent', '/v1/payment_intents/search', searchLagSeconds),
  ],
  ['GET', '/v1/payment_intents/:id', (api, id) => api.get('payment_intent', id, 'intent')],
  ['POST', '/v1/payment_intents/:id/confirm', (api, id) => api.confirmPaymentIntent(id)],
  ['POST', '/v1/payment_intents/:id/capture', (api, id) => api.capturePaymentIntent(id)],
  ['POST', '/v1/payment_intents/:id/cancel', (api, id) => api.cancelPaymentIntent(id)],
  ['POST', '/v1/checkout/sessions', (api) => new Sessions(api).create()],
  [
    'GET',
    '/v1/checkout/sessions',
    (api) => api.list('checkout.session', '/v1/checkout/sessions', ['customer', 'payment_intent', 'status']),
  ],
  ['GET', '/v1/checkout/sessions/:id', (api, id) => api.get('checkout.session', id, 'session')],
  ['POST', '/v1/checkout/sessions/:id/expire', (api, id) => new Sessions(api).expire(id)],
  ['GET', '/v1/setup_intents/:id', (api, id) => api.get('setup_intent', id, 'intent')],
  ['GET', '/v1/events', (api) => api.list('event', '/v1/events', ['type'])],
  ['GET', '/v1/events/:id', (api, id) => api.get('event', id)],
  ['GET', '/v1/charges', (api) => api.list('charge', '/v1/charges', ['customer', 'payment_intent'])],
  ['GET', '/v1/charges/:id', (api, id) => api.get('charge', id)],
  ['POST', '/v1/refunds', (api) => api.createRefund()],
  ['GET', '/v1/refunds', (api) => api.list('refund', '/v1/refunds', ['charge', 'payment_intent'])],
  ['GET', '/v1/refunds/:id', (api, id) => api.get('refund', id)],
  ['POST', '/v1/accounts', (api) => new Connect(api).createAccount()],
  ['GET', '/v1/accounts', (api) => api.list('account', '/v1/accounts', [])],
  ['GET', '/v1/accounts/:id', (api, id) => connectedAccount(api, id)],
  ['POST', '/v1/account_links', (api) => new Connect(api).createLink()],
  ['POST', '/v1/transfers', (api) => new Connect(api).createTransfer()],
  ['GET', '/v1/transfers', (api) => api.list('transfer', '/v1/transfers', ['destination', 'transfer_group'])],
  ['GET', '/v1/transfers/:id', (api, id) => api.get('transfer', id, 'transfer')],
  ['POST', '/v1/transfers/:id/reversals', (api, id) => new Connect(api).reverseTransfer(id)],
  ['POST', '/v1/payouts', (api) => new Connect(api).createPayout()],
  ['GET', '/v1/payouts', (api) => api.list('payout', '/v1/payouts', ['status'])],
  ['GET', '/v1/payouts/:id', (api, id) => api.get('payout', id, 'payout')],
  ['GET', '/v1/disputes', (api) => api.list('dispute', '/v1/disputes', ['charge', 'payment_intent'])],
  ['GET', '/v1/disputes/:id', (api, id) => api.get('dispute', id, 'dispute')],
  ['POST', '/v1/disputes/:id', (api, id) => new Disputes(api).update(id)],
  ['POST', '/v1/disputes/:id/close', (api, id) => new Disputes(api).close(id)],
  ['GET', '/v1/balance', (api) => api.balance()],
  [
    'GET',
    '/v1/balance_transactions',
    (api) => api.list('balance_transaction', '/v1/balance_transactions', ['source', 'currency', 'type']),
  ],
  ['GET', '/v1/balance_transactions/:id', (api, id) => api.get('balance_transaction', id)],
];

/** Stripe answers 403 for an account that isn't there, so that nobody can try ids out. */
function connectedAccount(api: StripeApi, id: string): StripeObject {
  const found = api.find('account', id);
  if (found !== undefined) return found;
  throw new StripeError(
    403,
    {
      type: 'invalid_request_error',
      code: 'account_invalid',
      message: `The provided key does not have access to account '${id}' (or that account does not exist).`,
    },
    false,
  );
}

const compiled = routes.map(([method, path, handler]) => ({
  method,
  handler,
  pattern: new RegExp(`^${path.replace(':id', '([A-Za-z0-9_]+)')}$`),
}));

/** Runs the handler of a path. @throws StripeError 404 for a path Stripe (or this sandbox) doesn't have */
export function dispatch(api: StripeApi, method: string, path: string): unknown {
  for (const route of compiled) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match !== null) return route.handler(api, match[1] ?? '');
  }
  throw missing('resource', `${method} ${path}`, 'path');
}
