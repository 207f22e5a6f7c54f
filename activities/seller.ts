import { accountStanding, nextSellerReminder, type SellerStanding } from '../domain/seller';
import { findSeller, type SellerRecord } from '../prisma/identity';
import { noteAccount, noteSellerReminder, recordAccount, type SellerKey } from '../prisma/seller';
import type { OnboardingLink, PaymentProvider } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { keyLifeSeconds } from './pay';

/** How a seller stands, and when to look again at the latest because of a deadline. */
export interface SyncedSeller {
  readonly standing: SellerStanding;
  /** The PSP will not have it: nothing more is asked. News of the PSP's begins it anew. */
  readonly ended: boolean;
  /** What the PSP wants to know now, in its words. */
  readonly wanted: readonly string[];
  readonly dueBy: string | null;
  /** Milliseconds until the next reminder; null when there is none. */
  readonly remindInMs: number | null;
}

async function mustFind({ databases }: Dependencies, { merchantId, sellerId }: SellerKey): Promise<SellerRecord> {
  const seller = await findSeller(databases.identity, merchantId, sellerId);
  if (seller === undefined) throw failure('NotFound', `there is no seller ${sellerId}`);
  return seller;
}

/** The seller's account at the PSP: the one that is there, the one whose answer was lost, or a new one. */
async function accountOf(
  dependencies: Dependencies,
  provider: PaymentProvider,
  key: SellerKey,
  seller: SellerRecord,
): Promise<string> {
  const { databases, failpoint } = dependencies;
  if (seller.payoutAccount !== null) return seller.payoutAccount;
  const { country, accountAskedAt, email } = seller;
  if (country === null || accountAskedAt === null)
    throw failure('InvariantViolated', `seller ${key.sellerId} was never asked to be onboarded`);
  const askedAt = Math.floor(accountAskedAt.getTime() / 1_000);
  // Under a key that the PSP may have forgotten a second account would be made.
  const isOld = Date.now() / 1_000 - askedAt > keyLifeSeconds;
  const found = isOld ? await provider.sellers.find({ ...key, sinceSeconds: askedAt - 300 }) : undefined;
  const { reference } = found ?? (await provider.sellers.open({ ...key, country, email }));
  await failpoint('seller.after_open', key.sellerId);
  await noteAccount(databases.identity, key, reference);
  return (await mustFind(dependencies, key)).payoutAccount ?? reference;
}

/**
 * Has the seller's account made where there is none, and writes down how the PSP says it stands. A retry is safe: the account is asked for
 * under one key, looked for when that may be too old, and reading it changes nothing there.
 */
export async function syncSeller(dependencies: Dependencies, key: SellerKey): Promise<SyncedSeller> {
  const provider = await dependencies.providerOf(key.merchantId);
  const reference = await accountOf(dependencies, provider, key, await mustFind(dependencies, key));
  const account = await provider.sellers.read(reference);
  const { standing, dueBy, reminders } = await recordAccount(dependencies.databases.identity, key, account);
  const wanted = [...new Set([...(account?.currentlyDue ?? []), ...(account?.pastDue ?? [])])];
  const isWanted = wanted.length > 0 && (standing === 'action_required' || standing === 'restricted');
  return {
    standing,
    ended: accountStanding(account) === 'rejected',
    wanted,
    dueBy: dueBy?.toISOString() ?? null,
    remindInMs: isWanted && dueBy !== null ? await remind(dependencies, key, dueBy.getTime(), reminders) : null,
  };
}

/** Gives the reminder that is due, if any. Answers how long until the next one, or until the deadline itself: then payouts stop. */
async function remind(
  { databases }: Dependencies,
  key: SellerKey,
  dueByMs: number,
  given: number,
): Promise<number | null> {
  const now = Date.now();
  let next = nextSellerReminder(dueByMs, now, given);
  if (next?.inMs === 0) {
    await noteSellerReminder(databases.identity, key, next.given);
    next = nextSellerReminder(dueByMs, now, next.given);
  }
  return now < dueByMs ? Math.min(next?.inMs ?? Infinity, dueByMs - now + 1_000) : null;
}

/** A link on which the seller tells the PSP who it is. A retry is safe: it makes another link, and links end by themselves. */
export async function linkSeller(dependencies: Dependencies, key: SellerKey): Promise<OnboardingLink> {
  const provider = await dependencies.providerOf(key.merchantId);
  const seller = await mustFind(dependencies, key);
  const account = await accountOf(dependencies, provider, key, seller);
  const { returnUrl, onboardingUrl } = seller;
  if (returnUrl === null || onboardingUrl === null)
    throw failure('InvariantViolated', `seller ${key.sellerId} was never asked to be onboarded`);
  return provider.sellers.link({ account, returnUrl, refreshUrl: onboardingUrl });
}
