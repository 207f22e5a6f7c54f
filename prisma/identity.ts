import { LRUCache } from 'lru-cache';
import {
  notificationRulesFrom,
  policiesFrom,
  type MoneyPolicies,
  type NotificationRules,
  type PayoutRules,
} from '../domain/policies';
import type { PrismaClient } from './database';
import { classifyStorageError } from './storage-error';

/** A merchant's account at its PSP. A null secret means the process's own `STRIPE_SECRET_KEY`. */
export interface PspAccount {
  readonly merchantId: string;
  readonly provider: string;
  readonly secretKeySealed: Uint8Array | null;
  readonly timeZone: string;
  /** Null means the process's own `STRIPE_WEBHOOK_SECRET`; the previous one is live while secrets rotate. */
  readonly webhookSecretSealed: Uint8Array | null;
  readonly previousWebhookSecretSealed: Uint8Array | null;
  /** Whether its key moves real money; null until a worker has seen the key. */
  readonly livemode: boolean | null;
}

export async function findPspAccount(identity: PrismaClient, merchantId: string): Promise<PspAccount | undefined> {
  return (await identity.pspAccount.findFirst({ where: { merchantId } })) ?? undefined;
}

/** Notes which mode an account's key is of. Safe to repeat. */
export async function noteAccountMode(identity: PrismaClient, merchantId: string, livemode: boolean): Promise<void> {
  await identity.pspAccount.updateMany({ where: { merchantId }, data: { livemode } });
}

/** Where a merchant's buyers may be sent back to. */
export async function returnUrlsOf(identity: PrismaClient, merchantId: string): Promise<readonly string[]> {
  return (await identity.merchant.findFirst({ where: { merchantId } }))?.returnUrls ?? [];
}

/** A changed policy holds for captures within this time. */
const policiesRememberedMs = 10_000;

/** Reads merchants' policies, and remembers them for a moment. */
export function policyReader(identity: PrismaClient): (merchantId: string) => Promise<MoneyPolicies> {
  const known = new LRUCache<string, MoneyPolicies>({ max: 1_000, ttl: policiesRememberedMs });
  return async (merchantId) => {
    const remembered = known.get(merchantId);
    if (remembered !== undefined) return remembered;
    const policies = policiesFrom(await merchantPolicies(identity, merchantId));
    known.set(merchantId, policies);
    return policies;
  };
}

/** Reads whom merchants have us write to, and remembers it for a moment. */
export function notificationRuleReader(identity: PrismaClient): (merchantId: string) => Promise<NotificationRules> {
  const known = new LRUCache<string, NotificationRules>({ max: 1_000, ttl: policiesRememberedMs });
  return async (merchantId) => {
    const remembered = known.get(merchantId);
    if (remembered !== undefined) return remembered;
    const rules = notificationRulesFrom(await merchantPolicies(identity, merchantId));
    known.set(merchantId, rules);
    return rules;
  };
}

/** What a merchant brings with it. */
export interface NewMerchant {
  readonly merchantId: string;
  readonly name: string;
  /** Sealed by the caller; null for the merchant that uses `STRIPE_SECRET_KEY`. */
  readonly pspSecretKeySealed: Uint8Array | null;
  /** Sealed by the caller; null for the merchant that uses `STRIPE_WEBHOOK_SECRET`. */
  readonly webhookSecretSealed?: Uint8Array | null;
  readonly previousWebhookSecretSealed?: Uint8Array | null;
  readonly livemode?: boolean | null;
  /** Origins, perhaps with a path, that buyers may be sent back to. */
  readonly returnUrls?: readonly string[];
  /** Who bears what when money goes back; the defaults where left out. */
  readonly policies?: Partial<MoneyPolicies> & {
    readonly payouts?: Partial<PayoutRules>;
    readonly notifications?: Partial<NotificationRules>;
  };
  readonly apiKey: {
    readonly keyId: string;
    readonly name: string;
    readonly prefix: string;
    readonly secretHash: Uint8Array;
    readonly scopes: string[];
  };
}

/** Creates a merchant with its PSP account and first API key, or brings those of an existing one up to date. Safe to repeat. */
export async function saveMerchant(identity: PrismaClient, merchant: NewMerchant): Promise<void> {
  const { merchantId, name, apiKey } = merchant;
  const secretKeySealed = merchant.pspSecretKeySealed === null ? null : Uint8Array.from(merchant.pspSecretKeySealed);
  const secretHash = Uint8Array.from(apiKey.secretHash);
  const bytes = (value: Uint8Array | null | undefined) => (value ? Uint8Array.from(value) : null);
  const account = {
    secretKeySealed,
    webhookSecretSealed: bytes(merchant.webhookSecretSealed),
    previousWebhookSecretSealed: bytes(merchant.previousWebhookSecretSealed),
    livemode: merchant.livemode ?? null,
  };
  const returnUrls = [...(merchant.returnUrls ?? [])];
  await identity.$transaction([
    identity.merchant.upsert({
      where: { merchantId },
      create: { merchantId, name, returnUrls, policies: { ...merchant.policies } },
      update: { name, returnUrls, ...(merchant.policies !== undefined && { policies: { ...merchant.policies } }) },
    }),
    identity.pspAccount.upsert({
      where: { merchantId },
      create: { merchantId, provider: 'stripe', ...account },
      update: account,
    }),
    identity.apiKey.upsert({
      where: { secretHash },
      create: { ...apiKey, merchantId, secretHash },
      update: { scopes: apiKey.scopes, prefix: apiKey.prefix },
    }),
  ]);
}

/** A merchant with nothing secret of it. */
export interface MerchantRecord {
  readonly merchantId: string;
  readonly name: string;
  readonly returnUrls: readonly string[];
  readonly policies: unknown;
  readonly createdAt: Date;
  readonly pspAccount: {
    readonly provider: string;
    readonly timeZone: string;
    readonly livemode: boolean | null;
    /** Whether it has secrets of its own. */
    readonly hasSecrets: boolean;
  } | null;
}

const merchantColumns = {
  merchantId: true,
  name: true,
  returnUrls: true,
  policies: true,
  createdAt: true,
  pspAccount: { select: { provider: true, timeZone: true, livemode: true, secretKeySealed: true } },
} as const;

type MerchantRow = Omit<MerchantRecord, 'pspAccount'> & {
  readonly pspAccount: {
    readonly provider: string;
    readonly timeZone: string;
    readonly livemode: boolean | null;
    readonly secretKeySealed: Uint8Array | null;
  } | null;
};

function withoutSecrets({ pspAccount, ...merchant }: MerchantRow): MerchantRecord {
  if (pspAccount === null) return { ...merchant, pspAccount };
  const { secretKeySealed, ...account } = pspAccount;
  return { ...merchant, pspAccount: { ...account, hasSecrets: secretKeySealed !== null } };
}

export async function findMerchant(identity: PrismaClient, merchantId: string): Promise<MerchantRecord | undefined> {
  const found = await identity.merchant.findFirst({ where: { merchantId }, select: merchantColumns });
  return found === null ? undefined : withoutSecrets(found);
}

/** In the order of their ids. */
export async function listMerchants(
  identity: PrismaClient,
  limit: number,
  after: string | null,
): Promise<MerchantRecord[]> {
  const found = await identity.merchant.findMany({
    where: { ...(after !== null && { merchantId: { gt: after } }) },
    orderBy: { merchantId: 'asc' },
    take: limit,
    select: merchantColumns,
  });
  return found.map(withoutSecrets);
}

/** What is said of a merchant; what is left out stays as it is. Secrets are sealed by the caller. */
export interface MerchantChange {
  readonly name?: string;
  readonly timeZone?: string;
  readonly returnUrls?: readonly string[];
  readonly policies?: object;
  readonly psp?: {
    readonly secretKeySealed: Uint8Array | null;
    readonly webhookSecretSealed: Uint8Array | null;
    readonly previousWebhookSecretSealed: Uint8Array | null;
    readonly livemode: boolean;
  };
}

const ownColumns = ({ name, returnUrls, policies }: MerchantChange) => ({
  ...(name !== undefined && { name }),
  ...(returnUrls !== undefined && { returnUrls: [...returnUrls] }),
  ...(policies !== undefined && { policies }),
});

function accountColumns({ timeZone, psp }: MerchantChange) {
  const bytes = (value: Uint8Array | null) => (value === null ? null : Uint8Array.from(value));
  return {
    ...(timeZone !== undefined && { timeZone }),
    ...(psp !== undefined && {
      livemode: psp.livemode,
      secretKeySealed: bytes(psp.secretKeySealed),
      webhookSecretSealed: bytes(psp.webhookSecretSealed),
      previousWebhookSecretSealed: bytes(psp.previousWebhookSecretSealed),
    }),
  };
}

/**
 * Makes a merchant with its PSP account, both or neither; it uses `STRIPE_SECRET_KEY` until it is given secrets of its own.
 * Answers false when there is one of that id.
 */
export async function createMerchant(
  identity: PrismaClient,
  merchantId: string,
  said: MerchantChange & { readonly name: string },
): Promise<boolean> {
  try {
    await identity.$transaction([
      identity.merchant.create({ data: { merchantId, ...ownColumns(said), name: said.name } }),
      identity.pspAccount.create({ data: { merchantId, provider: 'stripe', ...accountColumns(said) } }),
    ]);
    return true;
  } catch (error) {
    if (classifyStorageError(error) === 'conflict') return false;
    throw error;
  }
}

export async function changeMerchant(
  identity: PrismaClient,
  merchantId: string,
  change: MerchantChange,
): Promise<void> {
  await identity.$transaction([
    identity.merchant.updateMany({ where: { merchantId }, data: ownColumns(change) }),
    identity.pspAccount.updateMany({ where: { merchantId }, data: accountColumns(change) }),
  ]);
}

/** Sellers that a process has seen: nothing deletes one, and it is looked again now and then all the same. */
const seenSellers = new WeakMap<PrismaClient, LRUCache<string, true>>();
const seenFor = { max: 100_000, ttl: 10 * 60_000 };

/** Makes sellers never seen before, unverified. Safe to repeat. */
export async function ensureSellers(
  identity: PrismaClient,
  merchantId: string,
  sellerIds: readonly string[],
): Promise<void> {
  const seen = seenSellers.get(identity) ?? new LRUCache<string, true>(seenFor);
  seenSellers.set(identity, seen);
  const unseen = sellerIds.filter((sellerId) => !seen.has(`${merchantId}/${sellerId}`));
  if (unseen.length === 0) return;
  await identity.$executeRaw`
    INSERT INTO identity.seller (merchant_id, seller_id)
    SELECT ${merchantId}, seller_id FROM unnest(${unseen}::text[]) AS seller_id
    ON CONFLICT DO NOTHING`;
  for (const sellerId of unseen) seen.set(`${merchantId}/${sellerId}`, true);
}

/** A seller as stored. */
export interface SellerRecord {
  readonly sellerId: string;
  readonly kycStatus: string;
  /** The seller's own account at the PSP. */
  readonly payoutAccount: string | null;
  /** Null until it is changed for another: the first one is no change. */
  readonly payoutAccountChangedAt: Date | null;
  /** Where the seller is told of what happens; null where nobody has said. */
  readonly email: string | null;
  readonly phone: string | null;
  /** BCP 47. */
  readonly locale: string | null;
  readonly standing: string;
  /** Null where an operator, and not the PSP, says who the seller is. */
  readonly accountStanding: string | null;
  /** When the PSP was first asked for an account. */
  readonly accountAskedAt: Date | null;
  readonly accountReadAt: Date | null;
  readonly bankAccount: string | null;
  readonly country: string | null;
  readonly onboardingUrl: string | null;
  readonly returnUrl: string | null;
  readonly requirements: unknown;
  readonly requirementsDueBy: Date | null;
  /** How many reminders of them were given. */
  readonly reminders: number;
  readonly suspendedAt: Date | null;
  readonly suspendedBy: string | null;
  readonly suspensionReason: string | null;
  readonly emailBefore: string | null;
  readonly emailChangedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a merchant or an operator says of a seller; what is left out stays. */
export interface SellerChange {
  readonly payoutAccount?: string;
  readonly kycStatus?: 'unverified' | 'pending' | 'verified' | 'rejected';
  /** Null takes it away. */
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly locale?: string | null;
}

/**
 * Keeps what is said of a seller, made if never seen before. Another account than before starts the cooling period (P5); the e-mail address
 * of before is kept for thirty days, so that who changes both at once is told of where the seller was reached before.
 */
export async function saveSeller(
  identity: PrismaClient,
  merchantId: string,
  sellerId: string,
  change: SellerChange,
): Promise<void> {
  const [account, kyc] = [change.payoutAccount ?? null, change.kycStatus ?? null];
  await identity.$executeRaw`
    INSERT INTO identity.seller AS s (merchant_id, seller_id, payout_account, kyc_status)
    VALUES (${merchantId}, ${sellerId}, ${account}::text, coalesce(${kyc}::text, 'unverified'))
    ON CONFLICT (merchant_id, seller_id) DO UPDATE
    SET payout_account = coalesce(${account}::text, s.payout_account),
        payout_account_changed_at = CASE WHEN s.payout_account IS NOT NULL AND ${account}::text <> s.payout_account THEN now()
                                         ELSE s.payout_account_changed_at END,
        kyc_status = coalesce(${kyc}::text, s.kyc_status), updated_at = now()`;
  const { email, phone, locale } = change;
  if (email === undefined && phone === undefined && locale === undefined) return;
  if (email !== undefined)
    await identity.$executeRaw`
      UPDATE identity.seller
      SET email_before = CASE WHEN email_changed_at > now() - interval '30 days' THEN email_before ELSE email END, email_changed_at = now()
      WHERE merchant_id = ${merchantId} AND seller_id = ${sellerId} AND email IS NOT NULL AND email IS DISTINCT FROM ${email}::text`;
  await identity.seller.updateMany({
    where: { merchantId, sellerId },
    data: {
      ...(email !== undefined && { email }),
      ...(phone !== undefined && { phone }),
      ...(locale !== undefined && { locale }),
    },
  });
}

/** A merchant's policies as stored. */
export async function merchantPolicies(identity: PrismaClient, merchantId: string): Promise<unknown> {
  return (await identity.merchant.findFirst({ where: { merchantId } }))?.policies ?? {};
}

/** The merchants whose positions are revalued, and what in. */
export async function merchantsRevalued(
  identity: PrismaClient,
): Promise<{ readonly merchantId: string; readonly currency: string }[]> {
  return identity.$queryRaw`
    SELECT merchant_id AS "merchantId", policies->'fx'->>'reportingCurrency' AS currency FROM identity.merchant
    WHERE policies->'fx'->>'reportingCurrency' IS NOT NULL ORDER BY merchant_id`;
}

export async function timeZoneOf(identity: PrismaClient, merchantId: string): Promise<string> {
  return (await findPspAccount(identity, merchantId))?.timeZone ?? 'UTC';
}

export async function findSeller(
  identity: PrismaClient,
  merchantId: string,
  sellerId: string,
): Promise<SellerRecord | undefined> {
  return (await identity.seller.findFirst({ where: { merchantId, sellerId } })) ?? undefined;
}

/** A PSP account that is settled: whose it is, by which zone its days go, and all merchants whose money is in it. */
export interface SettledAccount {
  readonly account: string;
  readonly timeZone: string;
  readonly merchants: readonly string[];
}

/** Merchants without secrets of their own share the account of `STRIPE_SECRET_KEY`, which is the default merchant's. */
export async function settledAccounts(identity: PrismaClient): Promise<SettledAccount[]> {
  const accounts = await identity.pspAccount.findMany({
    select: { merchantId: true, timeZone: true, secretKeySealed: true },
    orderBy: { merchantId: 'asc' },
  });
  const sharing = accounts
    .filter(({ secretKeySealed }) => secretKeySealed === null)
    .map(({ merchantId }) => merchantId);
  return accounts.flatMap(({ merchantId: account, timeZone, secretKeySealed }) =>
    secretKeySealed !== null
      ? [{ account, timeZone, merchants: [account] }]
      : account === 'default'
        ? [{ account, timeZone, merchants: sharing }]
        : [],
  );
}
