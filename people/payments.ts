import express, { type Router } from 'express';
import { read, type Listed } from './api';
import { html, type Html } from './html';
import { moment, wideTable } from './page';
import { asked, mustVisit, show, type PeopleDependencies } from './visit';

interface Sums {
  readonly currency: string;
  readonly amount: string;
  readonly paid_amount: string;
  readonly refunded_amount: string;
}

interface Payment {
  readonly payment_id: string;
  readonly merchant: { readonly name: string };
  readonly checkout_id: string;
  readonly checkout_status: string;
  readonly totals: readonly Sums[];
  readonly lines: readonly (Sums & {
    readonly payment_order_id: string;
    readonly seller_account: string;
    readonly statement_descriptor: string | null;
    readonly payment_order_status: string;
  })[];
  readonly created_at: string;
}

const paymentsShown = 20;

/** What somebody has paid under their confirmed address, and a receipt of each. The API finds it by the address in their token. */
export function paymentRoutes(dependencies: PeopleDependencies): Router {
  const router = express.Router();
  router.get('/payments', async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    const after = asked(request, 'after');
    const query = new URLSearchParams({ limit: String(paymentsShown), ...(after !== '' && { after }) });
    const found = await read<Listed<Payment>>(dependencies, request, {
      path: `/v1/buyer/payments?${query.toString()}`,
    });
    show(response, 'Payments', paymentList(found, visitor.person.email), { visitor });
  });
  router.get('/payments/:id', async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    const path = `/v1/buyer/payments/${encodeURIComponent(request.params['id'])}`;
    const payment = await read<Payment>(dependencies, request, { path });
    show(response, isPaid(payment) ? 'Receipt' : 'Payment', paymentPage(payment), { visitor });
  });
  return router;
}

const isZero = (amount: string): boolean => /^0(\.0+)?$/.test(amount);
const isPaid = ({ totals }: Payment): boolean => totals.some(({ paid_amount: paid }) => !isZero(paid));
/** Not broken between the two. */
const sum = (amount: string, currency: string): string => (isZero(amount) ? '' : `${amount}\u00a0${currency}`);
const sums = (totals: readonly Sums[], part: 'amount' | 'paid_amount' | 'refunded_amount'): string =>
  totals
    .map((total) => sum(total[part], total.currency))
    .filter((text) => text !== '')
    .join(', ');

function paymentList({ data, next_cursor: next }: Listed<Payment>, email: string): Html {
  if (data.length === 0) return html`<p>Nothing was bought under ${email} yet.</p>`;
  return html`<p>What was bought under ${email}.</p>
    ${wideTable(
      'Payments',
      ['when', 'from', 'amount', 'paid', 'given back', 'how it stands'],
      data.map((payment) => [
        html`<a href="/payments/${encodeURIComponent(payment.payment_id)}">${moment(new Date(payment.created_at))}</a>`,
        payment.merchant.name,
        sums(payment.totals, 'amount'),
        sums(payment.totals, 'paid_amount'),
        sums(payment.totals, 'refunded_amount'),
        payment.checkout_status.replaceAll('_', ' '),
      ]),
    )}
    ${next === null ? null : html`<p><a href="/payments?after=${encodeURIComponent(next)}">Earlier</a></p>`}`;
}

const statusWords: Readonly<Record<string, string>> = {
  NOT_STARTED: 'not begun',
  EXECUTING: 'under way',
  SUCCESS: 'paid',
  FAILED: 'not paid',
};

const paymentPage = (payment: Payment): Html =>
  html`<p>
      <strong>${payment.merchant.name}</strong>, ${moment(new Date(payment.created_at))}<br /><span class="quiet"
        >${payment.checkout_id}: ${payment.checkout_status.replaceAll('_', ' ')}</span
      >
    </p>
    ${wideTable(
      'What was bought',
      ['of', 'amount', 'paid', 'given back', 'how it stands', 'on your statement as'],
      payment.lines.map((line) => [
        html`${line.seller_account}<br /><span class="quiet">${line.payment_order_id}</span>`,
        sum(line.amount, line.currency),
        sum(line.paid_amount, line.currency),
        sum(line.refunded_amount, line.currency),
        statusWords[line.payment_order_status] ?? line.payment_order_status,
        line.statement_descriptor ?? '',
      ]),
    )}
    ${payment.totals.map(
      ({ currency, paid_amount: paid, refunded_amount: back }) =>
        html`<p>
          <strong>Paid: ${paid} ${currency}</strong
          >${isZero(back) ? null : html`, of which ${back} ${currency} was given back`}
        </p>`,
    )}
    <p class="quiet">For questions about what you have bought turn to ${payment.merchant.name}.</p>
    <p><a href="/payments">All payments</a></p>`;
