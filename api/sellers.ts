import express, { type Request, type Response, type Router } from 'express';
import { findSeller, saveSeller, timeZoneOf, type SellerRecord } from '../prisma/identity';
import { payoutSchedules, savePayoutSchedule } from '../prisma/payout';
import { walletBalances } from '../prisma/wallet';
import { callerWith } from './authentication';
import { positiveAmount, tellSchedules, type ApiDependencies } from './checkouts';
import { idOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderSeller, renderWallet } from '../render';
import { sellerBody } from './schemas';

/** Sellers: who they are to payouts, and what is theirs. */
export function sellerRoutes(dependencies: ApiDependencies): Router {
  const { wallet } = dependencies.databases;
  const router = express.Router();
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('sellers:read', response);
    await answerSeller(dependencies, merchantId, idOf(request), response);
  });
  router.put('/:id', (request, response) => putSeller(dependencies, request, response));
  router.get('/:id/wallet', async (request, response) => {
    const { merchantId } = callerWith('sellers:read', response);
    const seller = await mustFindSeller(dependencies, merchantId, idOf(request));
    const balances = await walletBalances(wallet, merchantId, seller.sellerId);
    response.json(renderWallet(seller.sellerId, seller.kycStatus, balances));
  });
  return router;
}

/** A storefront says where a seller is paid out to and when; who a seller is, only an operator says (X4). */
async function putSeller(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { databases } = dependencies;
  const body = readBody(request, sellerBody);
  const scope = body.kyc_status === undefined ? 'sellers:write' : 'ops:write';
  const { merchantId } = callerWith(scope, response);
  if (body.kyc_status !== undefined && Object.keys(body).length > 1) callerWith('sellers:write', response);
  const sellerId = idOf(request);
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

async function answerSeller(
  dependencies: ApiDependencies,
  merchantId: string,
  sellerId: string,
  response: Response,
): Promise<void> {
  const seller = await mustFindSeller(dependencies, merchantId, sellerId);
  const schedules = await payoutSchedules(dependencies.databases.payouts, merchantId, sellerId);
  response.json(renderSeller(seller, schedules));
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
