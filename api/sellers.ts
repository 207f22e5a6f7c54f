import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { workflowIds } from '../domain/identifiers';
import { payoutRulesFrom } from '../domain/policies';
import { sellerGates, sellerStandings, type SellerStanding } from '../domain/seller';
import { findSeller, merchantPolicies, saveSeller, timeZoneOf, type SellerRecord } from '../prisma/identity';
import { recordOpsAction } from '../prisma/ops-action';
import { payoutSchedules, payoutSchedulesOf, savePayoutSchedule } from '../prisma/payout';
import { beginOnboarding, listSellers, reinstateSeller, suspendSeller } from '../prisma/seller';
import { walletBalances } from '../prisma/wallet';
import { callerAbout, callerOf, callerWith } from './authentication';
import { askForSellerLink } from '../temporal/processes';
import { answered } from './ops';
import { allowedUrl, positiveAmount, startProcess, tellSchedules, whyStopped, type ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderSeller, renderWallet } from '../render';
import { onboardingBody, reasonBody, sellerBody } from './schemas';

/** What lets somebody read about a seller: the seller itself needs none of the merchant's scopes. */
export const aboutSeller = { scope: 'sellers:read', own: 'seller:read' } as const;

/** Sellers: who they are to payouts, and what is theirs. */
export function sellerRoutes(dependencies: ApiDependencies): Router {
  const { wallet } = dependencies.databases;
  const router = express.Router();
  router.get('/:id', async (request, response) => {
    const sellerId = idOf(request);
    const { merchantId } = callerAbout(sellerId, aboutSeller, response);
    await answerSeller(dependencies, merchantId, sellerId, response);
  });
  router.put('/:id', (request, response) => putSeller(dependencies, request, response));
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('sellers:read', response);
    const { limit, after } = pageOf(request);
    const standing = wordOf(request, 'standing', sellerStandings);
    const { identity, payouts } = dependencies.databases;
    const found = await listSellers(identity, merchantId, standing, limit + 1, after);
    const schedules = await payoutSchedulesOf(
      payouts,
      merchantId,
      found.map(({ sellerId }) => sellerId),
    );
    const render = (seller: SellerRecord) =>
      renderSeller(
        seller,
        schedules.filter(({ sellerAccount }) => sellerAccount === seller.sellerId),
      );
    response.json(listAnswer(found, limit, render, ({ sellerId }) => sellerId));
  });
  router.post('/:id/onboarding', (request, response) => postOnboarding(dependencies, request, response));
  for (const verb of ['suspend', 'reinstate'] as const)
    router.post(`/:id/${verb}`, (request, response) => postStop(dependencies, verb, request, response));
  router.get('/:id/wallet', async (request, response) => {
    const sellerId = idOf(request);
    const { merchantId } = callerAbout(sellerId, aboutSeller, response);
    const seller = await mustFindSeller(dependencies, merchantId, sellerId);
    const balances = await walletBalances(wallet, merchantId, seller.sellerId);
    response.json(renderWallet(seller.sellerId, seller.kycStatus, balances));
  });
  return router;
}

/**
 * A storefront says where a seller is paid out to and when; who a seller is, only an operator says (X4). The seller says with a second
 * factor where its own money goes, and nothing else.
 */
async function putSeller(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { databases } = dependencies;
  const body = readBody(request, sellerBody);
  const sellerId = idOf(request);
  const isOwnToSay = Object.keys(body).every((name) => name === 'payout_account');
  const { merchantId } = isOwnToSay
    ? callerAbout(sellerId, { scope: 'sellers:write', own: 'seller:write' }, response)
    : callerWith(body.kyc_status === undefined ? 'sellers:write' : 'ops:write', response);
  if (body.kyc_status !== undefined && Object.keys(body).length > 1) callerWith('sellers:write', response);
  const timeZone = await timeZoneOf(databases.identity, merchantId);
  // Everything is looked at before anything is kept.
  const schedules = (body.payout_schedules ?? []).map((schedule, index) => ({
    merchantId,
    sellerAccount: sellerId,
    currency: schedule.currency,
    payoutInterval: schedule.interval,
    day: schedule.day ?? 1,
    minimum:
      schedule.minimum_amount === undefined
        ? 1n
        : positiveAmount(
            { amount: schedule.minimum_amount, currency: schedule.currency },
            `/payout_schedules/${String(index)}/minimum_amount`,
          ),
    timeZone,
    active: schedule.active ?? true,
  }));
  const known = await findSeller(databases.identity, merchantId, sellerId);
  if (known !== undefined && known.accountAskedAt !== null) {
    if (body.kyc_status !== undefined)
      throw new Problem('not-legal-now', 'the PSP says who this seller is: suspend it to stop it');
    if (body.payout_account !== undefined && body.payout_account !== known.payoutAccount)
      throw new Problem('not-legal-now', 'the seller changes where its money goes on the PSP’s own page');
  }
  const isMoved =
    body.payout_account !== undefined &&
    known !== undefined &&
    known.payoutAccount !== null &&
    known.payoutAccount !== body.payout_account;
  if (isMoved && callerOf(response).secondFactor === 'not_a_person') {
    const { accountChanges } = payoutRulesFrom(await merchantPolicies(databases.identity, merchantId));
    if (accountChanges === 'seller')
      throw new Problem(
        'second-factor-needed',
        'another payout account is the seller’s to say, signed in and with a second factor (policies.payouts.account_changes)',
      );
  }
  await saveSeller(databases.identity, merchantId, sellerId, {
    ...(body.payout_account !== undefined && { payoutAccount: body.payout_account }),
    ...(body.kyc_status !== undefined && { kycStatus: body.kyc_status }),
    ...(body.email !== undefined && { email: body.email }),
    ...(body.phone !== undefined && { phone: body.phone }),
    ...(body.locale !== undefined && { locale: body.locale }),
  });
  for (const schedule of schedules) await savePayoutSchedule(databases.payouts, schedule);
  if (schedules.length > 0) await tellSchedules(dependencies);
  await answerSeller(dependencies, merchantId, sellerId, response);
}

/**
 * Sends a seller to the PSP's onboarding: row first, then its workflow, which makes the account and the link. Safe to repeat: the account
 * is made once, and each call has a link of its own, as links are good once and for minutes.
 */
async function postOnboarding(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { databases, temporal } = dependencies;
  const { merchantId } = callerWith('sellers:write', response);
  const body = readBody(request, onboardingBody);
  const sellerId = idOf(request);
  const returnUrl = await allowedUrl(databases, merchantId, '/return_url', body.return_url);
  const onboardingUrl = await allowedUrl(databases, merchantId, '/refresh_url', body.refresh_url);
  const known = await findSeller(databases.identity, merchantId, sellerId);
  if (known !== undefined && !sellerGates[known.standing as SellerStanding].charges)
    throw new Problem('not-legal-now', `the seller ${whyStopped(known)}`);
  if (known !== undefined && known.payoutAccount !== null && known.country !== null && known.country !== body.country)
    throw new Problem('validation-failed', `/country must be ${known.country}: an account keeps its country`, [
      { pointer: '/country', detail: `must be ${known.country}: an account keeps its country` },
    ]);
  const key = { merchantId, sellerId };
  await beginOnboarding(databases.identity, key, { country: body.country, returnUrl, onboardingUrl });
  await dependencies.failpoint('onboard_seller.after_commit', sellerId);
  await startProcess(dependencies, { workflow: 'sellerWorkflow', input: key });
  const answer = await answered(() => askForSellerLink(temporal, workflowIds.seller(merchantId, sellerId)));
  switch (answer.outcome) {
    case 'not_running':
      throw new Problem('workflows-unavailable', 'nobody has answered yet: try again');
    case 'refused':
      throw new Problem('not-legal-now', answer.why);
    case 'made': {
      const { standing } = await mustFindSeller(dependencies, merchantId, sellerId);
      const { url, expiresAt } = answer.link;
      response.json({ seller_account: sellerId, standing, url, expires_at: expiresAt });
    }
  }
}

/** A person stops a seller, or lets it stand again; whose word it was is kept (X4). */
async function postStop(
  dependencies: ApiDependencies,
  verb: 'suspend' | 'reinstate',
  request: Request,
  response: Response,
): Promise<void> {
  const { identity, payments } = dependencies.databases;
  const { merchantId, actor } = callerWith(['risk:write', 'ops:write'], response);
  const { reason } = readBody(request, reasonBody);
  const { sellerId, suspendedAt } = await mustFindSeller(dependencies, merchantId, idOf(request));
  const key = { merchantId, sellerId };
  if ((suspendedAt === null) === (verb === 'reinstate'))
    throw new Problem(
      'not-legal-now',
      verb === 'suspend' ? 'the seller is suspended already' : 'the seller is not suspended',
    );
  await recordOpsAction(payments, {
    merchantId,
    paymentOrderId: null,
    subject: `seller:${sellerId}`,
    action: verb,
    actor,
    reason,
    details: {},
    updateId: randomUUID(),
  });
  if (verb === 'suspend') await suspendSeller(identity, key, { actor, reason });
  else await reinstateSeller(identity, key);
  await answerSeller(dependencies, merchantId, sellerId, response);
}

async function answerSeller(
  dependencies: ApiDependencies,
  merchantId: string,
  sellerId: string,
  response: Response,
): Promise<void> {
  const seller = await mustFindSeller(dependencies, merchantId, sellerId);
  const schedules = await payoutSchedules(dependencies.databases.payouts, merchantId, sellerId);
  const shown = renderSeller(seller, schedules);
  const { scopes, sellers } = callerOf(response);
  const isToldWhy = scopes.includes('sellers:read') || !sellers.includes(sellerId);
  const { suspension } = shown;
  response.json(
    isToldWhy || suspension === null ? shown : { ...shown, suspension: { since: suspension.since, reason: null } },
  );
}

export async function mustFindSeller(
  { databases }: ApiDependencies,
  merchantId: string,
  sellerId: string,
): Promise<SellerRecord> {
  const seller = await findSeller(databases.identity, merchantId, sellerId);
  if (seller === undefined) throw new Problem('not-found', 'there is no such seller');
  return seller;
}
