import Stripe from 'stripe';
import type { TestStack } from './stack';

/** A buyer without a browser: submits the PSP's page as its form does, and follows nothing. */
export interface Submitted {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
}

async function submit(url: string, fields: Record<string, string>): Promise<Submitted> {
  const response = await fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

/** Types a card on the page and submits it. */
export const submitCard = (url: string, number: string): Promise<Submitted> =>
  submit(url, { way: 'card', number, expiry: '12 / 34', cvc: number.startsWith('3') ? '1234' : '123', name: 'Ada' });

/** Chooses the bank debit or the voucher that the page offers. */
export const submitWay = (url: string, way: 'bank' | 'voucher'): Promise<Submitted> => submit(url, { way });

/** Answers a challenge, or hands the cash of a voucher to the agent. */
export const answer = (pageUrl: string, location: string | null, outcome: 'succeeded' | 'failed'): Promise<Submitted> =>
  submit(new URL(location ?? '', pageUrl).href, { outcome });

/** Charges a payment once more under the order's own ids, past us, such as a double click on the PSP's dashboard. */
export async function chargeAgain(
  stack: TestStack,
  reference: string,
  captureMethod: 'automatic' | 'manual' = 'automatic',
): Promise<string> {
  const port = Number(new URL(stack.sandboxUrl).port);
  const stripe = new Stripe('sk_test_default', { host: '127.0.0.1', port, protocol: 'http' });
  const first = await stripe.paymentIntents.retrieve(reference);
  const second = await stripe.paymentIntents.create({
    amount: first.amount,
    currency: first.currency,
    customer: first.customer as string,
    payment_method: first.payment_method as string,
    confirm: true,
    capture_method: captureMethod,
    metadata: first.metadata,
  });
  return second.id;
}
