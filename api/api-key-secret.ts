import { createHash, randomBytes } from 'node:crypto';
import { merchantScopes } from './scopes';

/** A key as it is shown, once, and what is kept of it. */
export interface FreshKey {
  readonly keyId: string;
  readonly secret: string;
  readonly secretHash: Buffer;
  /** What a person sees of it later on. */
  readonly prefix: string;
}

/** The stored form of a key. A random key of 128 bits or more needs a fast hash only; slow ones are for passwords. */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** As much of a key as may be shown: enough to know it again, too little to guess it. */
export const prefixOf = (secret: string): string => secret.slice(0, 12);

/** A new key: `psk_` (or `pok_` when it may do more than a merchant's), its id, and 192 random bits. */
export function makeApiKey(scopes: readonly string[], keyId = randomBytes(6).toString('hex')): FreshKey {
  const kind = scopes.every((scope) => (merchantScopes as readonly string[]).includes(scope)) ? 'psk' : 'pok';
  const secret = `${kind}_${keyId}_${randomBytes(24).toString('base64url')}`;
  return { keyId, secret, secretHash: hashApiKey(secret), prefix: `${kind}_${keyId}` };
}
