import { LRUCache } from 'lru-cache';
import {
  accountStanding,
  kycStatusOf,
  remindersPassed,
  standingsWithoutCharges,
  type SellerAccount,
  type SellerStanding,
} from '../domain/seller';
import type { PrismaClient } from './database';
import type { SellerRecord } from './identity';

export interface SellerKey {
  readonly merchantId: string;
  readonly sellerId: string;
}

/** Notes that a seller's life at the PSP begins, or where its pages lead from now on. Safe to repeat. */
export async function beginOnboarding(
  identity: PrismaClient,
  { merchantId, sellerId }: SellerKey,
  pages: { readonly country: string; readonly returnUrl: string; readonly onboardingUrl: string },
): Promise<void> {
  const { country, returnUrl, onboardingUrl } = pages;
  await identity.$executeRaw`
    INSERT INTO identity.seller AS s (merchant_id, seller_id, country, return_url, onboarding_url, account_standing, account_asked_at)
    VALUES (${merchantId}, ${sellerId}, ${country}, ${returnUrl}, ${onboardingUrl}, 'onboarding', now())
    ON CONFLICT (merchant_id, seller_id) DO UPDATE
    SET country = CASE WHEN s.payout_account IS NULL THEN excluded.country ELSE coalesce(s.country, excluded.country) END, return_url = excluded.return_url, onboarding_url = excluded.onboarding_url,
        account_standing = coalesce(s.account_standing, 'onboarding'), account_asked_at = coalesce(s.account_asked_at, now()), updated_at = now()`;
}

/** Notes the account that the PSP has made. Safe to repeat: an account that is there stays. */
export async function noteAccount(
  identity: PrismaClient,
  { merchantId, sellerId }: SellerKey,
  reference: string,
): Promise<void> {
  await identity.$executeRaw`
    UPDATE identity.seller SET payout_account = ${reference}, updated_at = now()
    WHERE merchant_id = ${merchantId} AND seller_id = ${sellerId} AND payout_account IS NULL`;
}

/** How a seller stands after its account was read. */
export interface SellerLife {
  readonly standing: SellerStanding;
  readonly dueBy: Date | null;
  readonly reminders: number;
}

/**
 * Writes down how the PSP says that an account stands; undefined: it no longer knows it. Another bank account than before starts the cooling
 * period (P5), and another deadline the reminders; where the news itself is told now, it takes the place of those whose time has passed. Safe to repeat.
 */
export async function recordAccount(
  identity: PrismaClient,
  { merchantId, sellerId }: SellerKey,
  account: SellerAccount | undefined,
): Promise<SellerLife> {
  const standing = accountStanding(account);
  const { currentlyDue = [], pastDue = [], pendingVerification = [], disabledReason = 'account_gone' } = account ?? {};
  const requirements = JSON.stringify({
    currently_due: currentlyDue,
    past_due: pastDue,
    pending_verification: pendingVerification,
    disabled_reason: disabledReason,
  });
  const passed = account?.dueBy ? remindersPassed(Date.parse(account.dueBy), Date.now()) : 0;
  const [dueBy, bankAccount] = [account?.dueBy ?? null, account?.bankAccount ?? null];
  const rows = await identity.$queryRaw<SellerLife[]>`
    UPDATE identity.seller
    SET account_standing = ${standing}, kyc_status = ${kycStatusOf(standing)}, requirements = ${requirements}::jsonb,
        reminders = CASE WHEN requirements_due_by IS NOT DISTINCT FROM ${dueBy}::timestamptz THEN reminders
                         WHEN ${standing} IN ('action_required', 'restricted') AND standing <> ${standing} AND suspended_at IS NULL THEN ${passed}::integer
                         ELSE 0 END,
        requirements_due_by = ${dueBy}::timestamptz, account_read_at = now(),
        payout_account_changed_at = CASE WHEN bank_account IS NOT NULL AND ${bankAccount}::text <> bank_account THEN now()
                                         ELSE payout_account_changed_at END,
        bank_account = coalesce(${bankAccount}::text, bank_account), updated_at = now()
    WHERE merchant_id = ${merchantId} AND seller_id = ${sellerId}
    RETURNING standing, requirements_due_by AS "dueBy", reminders`;
  const [life] = rows;
  if (life === undefined) throw new Error(`there is no seller ${sellerId}`);
  return life;
}

/** Notes a reminder that was given; its event is what tells the seller. Safe to repeat. */
export async function noteSellerReminder(
  identity: PrismaClient,
  { merchantId, sellerId }: SellerKey,
  reminders: number,
): Promise<void> {
  await identity.$executeRaw`
    UPDATE identity.seller SET reminders = ${reminders}::integer, updated_at = now()
    WHERE merchant_id = ${merchantId} AND seller_id = ${sellerId} AND reminders < ${reminders}::integer`;
}

/** Stops a seller. Safe to repeat: the first word stands. */
export async function suspendSeller(
  identity: PrismaClient,
  { merchantId, sellerId }: SellerKey,
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  await identity.$executeRaw`
    UPDATE identity.seller SET suspended_at = now(), suspended_by = ${by.actor}, suspension_reason = ${by.reason}, updated_at = now()
    WHERE merchant_id = ${merchantId} AND seller_id = ${sellerId} AND suspended_at IS NULL`;
}

/** Lets a seller stand as it did, and as the PSP says. Safe to repeat. */
export async function reinstateSeller(identity: PrismaClient, { merchantId, sellerId }: SellerKey): Promise<void> {
  await identity.$executeRaw`
    UPDATE identity.seller SET suspended_at = NULL, suspended_by = NULL, suspension_reason = NULL, updated_at = now()
    WHERE merchant_id = ${merchantId} AND seller_id = ${sellerId} AND suspended_at IS NOT NULL`;
}

/** In the order of their ids. */
export async function listSellers(
  identity: PrismaClient,
  merchantId: string,
  standing: SellerStanding | undefined,
  limit: number,
  after: string | null,
): Promise<SellerRecord[]> {
  return identity.seller.findMany({
    where: {
      merchantId,
      ...(standing !== undefined && { standing }),
      ...(after !== null && { sellerId: { gt: after } }),
    },
    orderBy: { sellerId: 'asc' },
    take: limit,
  });
}

/** The seller of a merchant whose account at the PSP that is, where the PSP says who it is. */
export async function sellerOfAccount(
  identity: PrismaClient,
  merchantId: string,
  payoutAccount: string,
): Promise<string | undefined> {
  const found = await identity.seller.findFirst({
    where: { merchantId, payoutAccount, accountAskedAt: { not: null } },
    select: { sellerId: true },
  });
  return found?.sellerId;
}

/** Sellers whose life at the PSP must have a workflow, each once an hour. */
export async function claimSellers(identity: PrismaClient, limit: number): Promise<SellerKey[]> {
  return identity.$queryRaw`
    UPDATE identity.seller AS s SET sweep_after = now() + interval '1 hour'
    FROM (SELECT merchant_id, seller_id FROM identity.seller
          WHERE account_asked_at IS NOT NULL AND account_standing <> 'rejected' AND sweep_after <= now() ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE s.merchant_id = due.merchant_id AND s.seller_id = due.seller_id
    RETURNING s.merchant_id AS "merchantId", s.seller_id AS "sellerId"`;
}

/** A seller of whom no checkout is taken, and why. */
export interface StoppedSeller {
  readonly sellerId: string;
  readonly standing: string;
  readonly suspensionReason: string | null;
}

/** So long a process may go on taking checkouts of a seller that was stopped. */
const rememberedMs = 2_000;
const known = new WeakMap<PrismaClient, LRUCache<string, ReadonlyMap<string, StoppedSeller>>>();

/**
 * Which of some sellers no checkout is taken of, as it stood within the last two seconds: few are stopped, and asking about each on the way of
 * every payment would cost a round trip.
 */
export async function stoppedSellers(
  identity: PrismaClient,
  merchantId: string,
  sellerIds: readonly string[],
): Promise<StoppedSeller[]> {
  const remembered =
    known.get(identity) ?? new LRUCache<string, ReadonlyMap<string, StoppedSeller>>({ max: 10_000, ttl: rememberedMs });
  known.set(identity, remembered);
  let stopped = remembered.get(merchantId);
  if (stopped === undefined) {
    const rows = await identity.seller.findMany({
      where: { merchantId, standing: { in: standingsWithoutCharges } },
      select: { sellerId: true, standing: true, suspensionReason: true },
    });
    stopped = new Map(rows.map((row) => [row.sellerId, row]));
    remembered.set(merchantId, stopped);
  }
  const found = stopped;
  return sellerIds.flatMap((sellerId) => found.get(sellerId) ?? []);
}
