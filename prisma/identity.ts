import type { PrismaClient } from './database';

/** Whose key it is and what it may do. */
export interface ApiKeyOwner {
  readonly keyId: string;
  readonly merchantId: string;
  readonly scopes: readonly string[];
}

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

/** The owner of a live key by the SHA-256 of its secret; nothing for an unknown or revoked one. */
export async function findApiKey(identity: PrismaClient, secretHash: Uint8Array): Promise<ApiKeyOwner | undefined> {
  const key = await identity.apiKey.findUnique({ where: { secretHash: Uint8Array.from(secretHash) } });
  return key === null || key.revokedAt !== null ? undefined : key;
}

export async function findPspAccount(identity: PrismaClient, merchantId: string): Promise<PspAccount | undefined> {
  return (await identity.pspAccount.findUnique({ where: { merchantId } })) ?? undefined;
}

/** Notes which mode an account's key is of. Safe to repeat. */
export async function noteAccountMode(identity: PrismaClient, merchantId: string, livemode: boolean): Promise<void> {
  await identity.pspAccount.updateMany({ where: { merchantId }, data: { livemode } });
}

/** Where a merchant's buyers may be sent back to. */
export async function returnUrlsOf(identity: PrismaClient, merchantId: string): Promise<readonly string[]> {
  return (await identity.merchant.findUnique({ where: { merchantId } }))?.returnUrls ?? [];
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
  readonly apiKey: {
    readonly keyId: string;
    readonly name: string;
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
      create: { merchantId, name, returnUrls },
      update: { name, returnUrls },
    }),
    identity.pspAccount.upsert({
      where: { merchantId },
      create: { merchantId, provider: 'stripe', ...account },
      update: account,
    }),
    identity.apiKey.upsert({
      where: { secretHash },
      create: { keyId: apiKey.keyId, merchantId, name: apiKey.name, secretHash, scopes: apiKey.scopes },
      update: { scopes: apiKey.scopes },
    }),
  ]);
}

/** Makes sellers never seen before, unverified. Safe to repeat. */
export async function ensureSellers(
  identity: PrismaClient,
  merchantId: string,
  sellerIds: readonly string[],
): Promise<void> {
  await identity.$executeRaw`
    INSERT INTO identity.seller (merchant_id, seller_id)
    SELECT ${merchantId}, seller_id FROM unnest(${[...sellerIds]}::text[]) AS seller_id
    ON CONFLICT DO NOTHING`;
}

export async function findSeller(
  identity: PrismaClient,
  merchantId: string,
  sellerId: string,
): Promise<{ readonly kycStatus: string } | undefined> {
  return (await identity.seller.findUnique({ where: { merchantId_sellerId: { merchantId, sellerId } } })) ?? undefined;
}
