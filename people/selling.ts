import express, { type Request, type Response, type Router } from 'express';
import { sellerSeat } from '../domain/roles';
import { sellerGates, topicsOf, type SellerStanding } from '../domain/seller';
import { ask, detailOf, read, type Listed } from './api';
import { html, type Html } from './html';
import { field, form, moment, wideTable } from './page';
import {
  asked,
  done,
  mustBeSure,
  mustVisit,
  note,
  problem,
  readForm,
  said,
  show,
  Turned,
  type PeopleDependencies,
} from './visit';
import type { Visitor } from './visitor';

interface Seller {
  readonly standing: SellerStanding;
  readonly payout_account: string | null;
  readonly payout_account_changed_at: string | null;
  /** Null: the PSP has not been asked who this is. */
  readonly requirements: {
    readonly currently_due: readonly string[];
    readonly past_due: readonly string[];
    readonly due_by: string | null;
  } | null;
  readonly onboarding_url: string | null;
}

interface Wallet {
  readonly balances: readonly Readonly<Record<'currency' | 'pending' | 'available' | 'reserved' | 'owed', string>>[];
}

interface Payout {
  readonly payout_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly payout_status: string;
  readonly failure_reason: string | null;
  readonly created_at: string;
  readonly paid_at: string | null;
}

const payoutsShown = 20;
const monthPattern = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** What is a seller's own: how it stands, what it has earned, what was paid out, and where to. The API decides what may be seen. */
export function sellingRoutes(dependencies: PeopleDependencies): Router {
  const router = express.Router();
  router.get('/selling', async (request, response) => {
    const visitor = await mustVisit(dependencies, request);
    const seller = ownSeller(visitor, asked(request, 'seller'));
    const notice = asked(request, 'done') === '1' ? done('The payout account is changed.') : undefined;
    show(response, 'Selling', await sellingPage(dependencies, request, visitor, seller), { visitor, notice });
  });
  router.post('/selling/account', readForm, (request, response) => changeAccount(dependencies, request, response));
  router.get('/selling/statement', (request, response) => statement(dependencies, request, response));
  return router;
}

/** Which seller a visitor looks at: the one that is asked for, or the first there is. @throws Turned for one that they are not */
function ownSeller({ sellers }: Visitor, wanted: string): string {
  const found = wanted === '' ? sellers[0] : sellers.find((seller) => seller === wanted);
  if (found === undefined) throw Turned.away(403, 'This is for sellers: an administrator says who is one.');
  return found;
}

/** Where the API has it. */
function placeOf(seller: string): { merchant: string; sellerId: string; path: string } {
  const { merchantId, sellerId } = sellerSeat(seller) ?? { merchantId: '', sellerId: '' };
  return { merchant: merchantId, sellerId, path: `/v1/sellers/${encodeURIComponent(sellerId)}` };
}

const pageOf = (seller: string): string => `/selling?seller=${encodeURIComponent(seller)}`;

async function sellingPage(
  dependencies: PeopleDependencies,
  request: Request,
  { sellers }: Visitor,
  seller: string,
): Promise<Html> {
  const { merchant, sellerId, path } = placeOf(seller);
  const payoutsPath = `/v1/payouts?seller_account=${encodeURIComponent(sellerId)}&limit=${String(payoutsShown)}`;
  const [standing, { balances }, { data: payouts }] = await Promise.all([
    read<Seller>(dependencies, request, { merchant, path }),
    read<Wallet>(dependencies, request, { merchant, path: `${path}/wallet` }),
    read<Listed<Payout>>(dependencies, request, { merchant, path: payoutsPath }),
  ]);
  return html`${
      sellers.length < 2
        ? null
        : html`<p>
            ${sellers.map((one) => (one === seller ? html`<strong>${one}</strong> ` : html`<a href="${pageOf(one)}">${one}</a> `))}
          </p>`
    }
    <p>
      <strong>${sellerId}</strong> with ${merchant}: <strong>${standing.standing.replaceAll('_', ' ')}</strong>,
      ${sellerGates[standing.standing].means}.
    </p>
    ${wantedOf(standing)}
    <h2>Balance</h2>
    ${
      balances.length === 0
        ? html`<p>Nothing was sold yet.</p>`
        : wideTable(
            'Balance',
            ['currency', 'available', 'pending', 'reserved', 'owed'],
            balances.map(({ currency, available, pending, reserved, owed }) => [
              currency,
              available,
              pending,
              reserved,
              owed,
            ]),
          )
    }
    <h2>Payouts</h2>
    ${
      payouts.length === 0
        ? html`<p>None yet.</p>`
        : wideTable(
            'Payouts',
            ['asked for', 'amount', 'how it stands', 'paid', 'id'],
            payouts.map((payout) => [
              moment(new Date(payout.created_at)),
              `${payout.amount}\u00a0${payout.currency}`,
              [payout.payout_status, payout.failure_reason ?? ''].join(' ').trim().replaceAll('_', ' '),
              payout.paid_at === null ? '' : moment(new Date(payout.paid_at)),
              html`<code>${payout.payout_id}</code>`,
            ]),
          )
    }
    ${balances.length === 0 ? null : statementForm(seller, balances)}
    <h2>Where the money goes</h2>
    ${accountOf(seller, standing)}`;
}

/** What the PSP wants to know, and where it is said. */
function wantedOf({ requirements, onboarding_url: url }: Seller): Html | null {
  const topics = topicsOf([...(requirements?.currently_due ?? []), ...(requirements?.past_due ?? [])]);
  if (topics.length === 0) return null;
  const by = requirements?.due_by ?? null;
  return html`<p class="notice problem">
    Still wanted${by === null ? null : html` by ${moment(new Date(by))}`}:
    ${topics.map((topic) => topic.replaceAll('_', ' ')).join(', ')}.
    ${url === null ? null : html`<a href="${url}" rel="noreferrer">Go on to where it is given</a>`}
  </p>`;
}

const thisMonth = (): string => new Date().toISOString().slice(0, 7);

const statementForm = (seller: string, balances: Wallet['balances']): Html =>
  html`<h2>Statement</h2>
    <form method="get" action="/selling/statement">
      <input type="hidden" name="seller" value="${seller}" />
      ${field('month', 'Month', { value: thisMonth(), more: html` pattern="\\d{4}-\\d{2}" placeholder="2026-11"` })}
      <label for="currency">Currency</label>
      <select id="currency" name="currency">
        ${balances.map(({ currency }) => html`<option>${currency}</option>`)}
      </select>
      <p><button class="plain">Download</button></p>
    </form>`;

function accountOf(seller: string, { payout_account: account, payout_account_changed_at: at, ...more }: Seller): Html {
  const now = html`<p>
    ${account === null ? 'Nowhere yet.' : html`<code>${account}</code>`}${at === null ? null : html`, changed ${moment(new Date(at))}`}
  </p>`;
  if (more.requirements !== null)
    return html`${now}
      <p>
        The bank account behind it is changed on the payment provider's own page.
        ${more.onboarding_url === null ? null : html`<a href="${more.onboarding_url}" rel="noreferrer">Go there</a>`}
      </p>`;
  return html`${now}
    <p>Another account is paid out to after a while only, and the change is told by mail.</p>
    ${form('/selling/account', 'Change', field('payout_account', 'Account at the payment provider, such as acct_1Ada', { more: html` pattern="acct_[A-Za-z0-9]{1,64}"` }), { seller })}`;
}

/** Another payout account: with a second factor shown lately, here and again at the API (X4, P5). */
async function changeAccount(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const visitor = await mustVisit(dependencies, request);
  const seller = ownSeller(visitor, said(request, 'seller'));
  mustBeSure(dependencies, visitor, pageOf(seller));
  const { merchant, path } = placeOf(seller);
  const account = said(request, 'payout_account').trim();
  const answer = await ask(dependencies, request, { path, merchant, method: 'PUT', body: { payout_account: account } });
  if (!answer.ok) {
    show(response, 'Selling', await sellingPage(dependencies, request, visitor, seller), {
      status: answer.status,
      visitor,
      notice: problem(await detailOf(answer)),
    });
    return;
  }
  await note(dependencies, request, {
    kind: 'payout_account_said',
    personId: visitor.person.id,
    details: { seller, payout_account: account },
  });
  void dependencies.mails.changed(visitor.person, 'Where your money is paid out to was changed');
  response.redirect(303, `${pageOf(seller)}&done=1`);
}

async function statement(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const visitor = await mustVisit(dependencies, request);
  const { merchant, sellerId, path } = placeOf(ownSeller(visitor, asked(request, 'seller')));
  const [, year, month] = monthPattern.exec(asked(request, 'month')) ?? [];
  if (year === undefined || month === undefined) throw Turned.away(400, 'Give a month such as 2026-11.');
  const from = new Date(Date.UTC(Number(year), Number(month) - 1, 1));
  const to = new Date(Date.UTC(Number(year), Number(month), 1));
  const currency = asked(request, 'currency');
  const query = new URLSearchParams({ currency, format: 'csv', from: from.toISOString(), to: to.toISOString() });
  const answer = await ask(dependencies, request, { path: `${path}/statement?${query.toString()}`, merchant });
  if (!answer.ok) throw Turned.away(answer.status, await detailOf(answer));
  response
    .type('text/csv')
    .attachment(`statement-${sellerId}-${currency}-${year}-${month}.csv`)
    .send(await answer.text());
}
