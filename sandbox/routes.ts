import { missing } from './stripe-error';
import { Sessions } from './sessions';
import type { StripeApi } from './stripe-api';

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
  ['GET', '/v1/balance', (api) => api.balance()],
  [
    'GET',
    '/v1/balance_transactions',
    (api) => api.list('balance_transaction', '/v1/balance_transactions', ['source', 'currency', 'type']),
  ],
  ['GET', '/v1/balance_transactions/:id', (api, id) => api.get('balance_transaction', id)],
];

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
