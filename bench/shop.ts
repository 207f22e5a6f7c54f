import { setTimeout as pause } from 'node:timers/promises';
import type { RunFile } from '../local/stack';

/** The payment that fills are copied from. */
export const template = 'bench-template';

const sellers = 1_000;
/** Half a second each. */
const mostAsked = 1_200;

interface Checkout {
  readonly checkout_status?: string;
  readonly is_payment_done?: boolean;
}

export interface Purchase {
  readonly id: string;
  readonly orders: number;
  readonly policy?: 'independent' | 'all_or_nothing';
  /** Whether the answer is awaited that says what became of it, or the one that says that it was taken. */
  readonly wait: boolean;
}

/** One of those that are kept for benchmarks (RFC 2544): many enough that no buyer is taken for another. */
const someAddress = (): string =>
  [
    '198',
    18 + Math.floor(Math.random() * 2),
    Math.floor(Math.random() * 256),
    1 + Math.floor(Math.random() * 254),
  ].join('.');

/** A checkout as a storefront's backend posts it: a buyer who was never seen before, sellers out of a thousand. */
export async function pay(run: RunFile, { id, orders, policy = 'independent', wait }: Purchase): Promise<void> {
  const response = await fetch(`${run.apiUrl}/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${run.apiKey}`,
      'Content-Type': 'application/json',
      ...(wait && { Prefer: 'wait=60' }),
    },
    body: JSON.stringify({
      checkout_id: id,
      buyer_info: { id: `${id}-buyer`, email: `${id}@buyers.example`, ip: someAddress() },
      credit_card_info: { payment_method: 'pm_card_visa' },
      failure_policy: policy,
      payment_orders: Array.from({ length: orders }, (_, index) => ({
        payment_order_id: `${id}-${String(index + 1)}`,
        seller_account: `seller-${String(Math.floor(Math.random() * sellers))}`,
        amount: '10.00',
        currency: 'EUR',
        platform_fee: '1.00',
      })),
    }),
  });
  let checkout = (await response.json()) as Checkout;
  // A thousand orders take longer than an answer is waited for.
  for (let asked = 0; wait && checkout.checkout_status === 'open' && asked < mostAsked; asked += 1) {
    await pause(500);
    checkout = (await (await get(run, `/v1/checkouts/${id}`)).json()) as Checkout;
  }
  const good = wait ? checkout.is_payment_done === true : response.status === 202;
  if (!good)
    throw new Error(
      `a checkout was not ${wait ? 'paid' : 'taken'}: ${String(response.status)} ${JSON.stringify(checkout)}`,
    );
}

const get = (run: RunFile, path: string): Promise<Response> =>
  fetch(`${run.apiUrl}${path}`, { headers: { Authorization: `Bearer ${run.apiKey}` } });

export const read = (run: RunFile, path: string): Promise<void> => readAt(run.apiUrl, run, path);

/** The same from another API of the same stack. */
export async function readAt(url: string, run: Pick<RunFile, 'apiKey'>, path: string): Promise<void> {
  const response = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${run.apiKey}` } });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path}: ${String(response.status)}`);
}
