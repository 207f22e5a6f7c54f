import express, { type Request, type Response, type Router } from 'express';
import { roles } from '../domain/roles';
import { ask, detailOf, merchantOf, read, type Listed } from './api';
import { html, type Html } from './html';
import { field, moment } from './page';
import {
  asked,
  done,
  mustBe,
  mustBeSure,
  problem,
  readForm,
  said,
  show,
  Turned,
  type PeopleDependencies,
} from './visit';
import type { Visitor } from './visitor';

interface Payout {
  readonly payout_id: string;
  readonly seller_account: string;
  readonly amount: string;
  readonly currency: string;
  readonly approvals_needed: number;
  readonly approvals: readonly { readonly actor: string }[];
  readonly created_at: string;
}

interface Proposal {
  readonly proposal_id: string;
  readonly kind: string;
  readonly reason: string;
  readonly proposed_by: string;
  readonly proposed_at: string;
}

const kinds = { payouts: '/v1/payouts', proposals: '/v1/ledger/proposals' } as const;
const deciders = ['ops', 'finance'] as const;

/**
 * What waits for a second person: payouts above the limit and acts on the book. The page asks the API with its visitor's own token, so that
 * the API decides who may, and its record says who has.
 */
export function approvalRoutes(dependencies: PeopleDependencies): Router {
  const router = express.Router();
  router.get('/approvals', async (request, response) => {
    const visitor = await mustBe(dependencies, request, ...roles);
    const merchant = merchantOf(visitor, asked(request, 'merchant'));
    const told = asked(request, 'done');
    show(response, 'Approvals', await waiting(dependencies, request, visitor, merchant), {
      visitor,
      notice: /^(approved|rejected)$/.test(told) ? done(`It is ${told}.`) : undefined,
    });
  });
  router.post('/approvals', readForm, (request, response) => decide(dependencies, request, response));
  return router;
}

async function waiting(
  dependencies: PeopleDependencies,
  request: Request,
  visitor: Visitor,
  merchant: string,
): Promise<Html> {
  const list = async <Row>(path: string): Promise<readonly Row[]> =>
    (await read<Listed<Row>>(dependencies, request, { path, merchant })).data;
  const [payouts, proposals] = await Promise.all([
    list<Payout>(`${kinds.payouts}?payout_status=awaiting_approval&limit=100`),
    list<Proposal>(`${kinds.proposals}?state=proposed&limit=100`),
  ]);
  const mayDecide = visitor.roles.some((role) => (deciders as readonly string[]).includes(role));
  const verbs = (kind: keyof typeof kinds, id: string): Html =>
    mayDecide
      ? html`<form method="post" action="/approvals">
          <input type="hidden" name="kind" value="${kind}" /><input type="hidden" name="id" value="${id}" /><input
            type="hidden"
            name="merchant"
            value="${merchant}"
          />
          <label for="reason-${id}">Reason</label
          ><input id="reason-${id}" name="reason" required maxlength="500" autocomplete="off" />
          <button name="verb" value="approve">Approve</button
          ><button name="verb" value="reject" class="plain">Reject</button>
        </form>`
      : html`<p class="quiet">For ops and finance to decide.</p>`;
  return html`<form method="get" action="/approvals">
      ${field('merchant', 'Merchant', { value: merchant })}<button class="plain">Look</button>
    </form>
    <h2>Payouts above the limit</h2>
    ${payouts.length === 0 ? html`<p>None.</p>` : null}
    ${payouts.map(
      (payout) =>
        html`<section aria-label="${payout.payout_id}">
          <p>
            <strong>${payout.amount} ${payout.currency}</strong> to ${payout.seller_account} <br /><span class="quiet"
              >${payout.payout_id}, asked for at ${moment(new Date(payout.created_at))}; ${payout.approvals.length} of
              ${payout.approvals_needed} approvals${payout.approvals.map(({ actor }) => html`, ${actor}`)}</span
            >
          </p>
          ${verbs('payouts', payout.payout_id)}
        </section>`,
    )}
    <h2>Acts on the book</h2>
    ${proposals.length === 0 ? html`<p>None.</p>` : null}
    ${proposals.map(
      (proposal) =>
        html`<section aria-label="${proposal.proposal_id}">
          <p>
            <strong>${proposal.kind.replaceAll('_', ' ')}</strong>: ${proposal.reason} <br /><span class="quiet"
              >${proposal.proposal_id}, by ${proposal.proposed_by} at ${moment(new Date(proposal.proposed_at))}</span
            >
          </p>
          ${verbs('proposals', proposal.proposal_id)}
        </section>`,
    )}`;
}

async function decide(dependencies: PeopleDependencies, request: Request, response: Response): Promise<void> {
  const visitor = await mustBe(dependencies, request, ...deciders);
  const merchant = merchantOf(visitor, said(request, 'merchant'));
  const here = `/approvals?merchant=${encodeURIComponent(merchant)}`;
  mustBeSure(dependencies, visitor, here);
  const [kind, verb, id, reason] = [
    said(request, 'kind'),
    said(request, 'verb'),
    said(request, 'id'),
    said(request, 'reason'),
  ];
  if (!(kind === 'payouts' || kind === 'proposals') || !(verb === 'approve' || verb === 'reject'))
    throw Turned.away(400, 'Approve or reject something that waits.');
  const path = `${kinds[kind]}/${encodeURIComponent(id)}/${verb}`;
  const answer = await ask(dependencies, request, { path, merchant, body: { reason } });
  if (answer.status === 202) {
    response.redirect(303, `${here}&done=${verb === 'approve' ? 'approved' : 'rejected'}`);
    return;
  }
  show(response, 'Approvals', await waiting(dependencies, request, visitor, merchant), {
    status: answer.status,
    visitor,
    notice: problem(await detailOf(answer)),
  });
}
