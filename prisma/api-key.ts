import type { PrismaClient } from './database';

/** An API key as stored: everything but the key. */
export interface ApiKeyRecord {
  readonly keyId: string;
  readonly merchantId: string;
  readonly name: string;
  /** The beginning of the key, by which a person knows it again. */
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Null: until it is revoked. */
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly rotatedFrom: string | null;
}

const columns = {
  keyId: true,
  merchantId: true,
  name: true,
  prefix: true,
  scopes: true,
  createdBy: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  revokedAt: true,
  rotatedFrom: true,
} as const;

/** The live key with that SHA-256; nothing for one that is unknown, revoked or expired. */
export async function findLiveApiKey(
  identity: PrismaClient,
  secretHash: Uint8Array,
): Promise<ApiKeyRecord | undefined> {
  const key = await identity.apiKey.findFirst({
    where: {
      secretHash: Uint8Array.from(secretHash),
      revokedAt: null,
      OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
    },
    select: columns,
  });
  return key ?? undefined;
}

export async function findApiKey(
  identity: PrismaClient,
  merchantId: string,
  keyId: string,
): Promise<ApiKeyRecord | undefined> {
  return (await identity.apiKey.findFirst({ where: { merchantId, keyId }, select: columns })) ?? undefined;
}

export interface NewApiKey {
  readonly keyId: string;
  readonly merchantId: string;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: Uint8Array;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly rotatedFrom: string | null;
}

/** Stores a key, once per id. Answers false when the id is there already: its secret is not this one. */
export async function createApiKey(identity: PrismaClient, key: NewApiKey): Promise<boolean> {
  const made = await identity.apiKey.createMany({
    data: [{ ...key, secretHash: Uint8Array.from(key.secretHash), scopes: [...key.scopes] }],
    skipDuplicates: true,
  });
  return made.count === 1;
}

/** Revokes a key at once, or lets it live on until a time while clients change over. Never gives one more life than it has. */
export async function endApiKey(
  identity: PrismaClient,
  merchantId: string,
  keyId: string,
  at: Date | 'now',
): Promise<void> {
  if (at === 'now')
    await identity.$executeRaw`
      UPDATE identity.api_key SET revoked_at = coalesce(revoked_at, now()) WHERE merchant_id = ${merchantId} AND key_id = ${keyId}`;
  else
    await identity.$executeRaw`
      UPDATE identity.api_key SET expires_at = least(coalesce(expires_at, ${at}::timestamptz), ${at}::timestamptz)
      WHERE merchant_id = ${merchantId} AND key_id = ${keyId}`;
}

/** Notes that a key was used; at most once a minute, so that a busy key costs no more than that. */
export async function noteApiKeyUsed(identity: PrismaClient, merchantId: string, keyId: string): Promise<void> {
  await identity.$executeRaw`
    UPDATE identity.api_key SET last_used_at = now()
    WHERE merchant_id = ${merchantId} AND key_id = ${keyId} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
}

/** Newest first. `after` is the last one of the page before. */
export async function listApiKeys(
  identity: PrismaClient,
  merchantId: string,
  limit: number,
  after: string | null,
): Promise<ApiKeyRecord[]> {
  return identity.apiKey.findMany({
    where: { merchantId },
    orderBy: [{ createdAt: 'desc' }, { keyId: 'desc' }],
    take: limit,
    select: columns,
    ...(after !== null && { cursor: { keyId: after }, skip: 1 }),
  });
}
