import { LRUCache } from 'lru-cache';
import type { Breaker } from './breaker';
import { ProviderError, type PaymentProvider, type ProviderOfMerchant } from './provider';
import { open } from './secret-box';
import { StripeProvider } from './stripe/provider';

/** A merchant's PSP account as stored. */
export interface StoredPspAccount {
  readonly provider: string;
  readonly secretKeySealed: Uint8Array | null;
}

export interface ProviderSettings {
  readonly stripeSecretKey: string;
  readonly stripeUrl: string | undefined;
  readonly secretsKey: Buffer;
  readonly findAccount: (merchantId: string) => Promise<StoredPspAccount | undefined>;
  /** Holds calls back while the PSP fails; none when it is left out. */
  readonly breaker?: Breaker;
}

/** Whether a Stripe key moves real money. */
export const isLiveKey = (secretKey: string): boolean => /^(sk|rk)_live_/.test(secretKey);

/** A changed or revoked key is noticed within this time. */
const rememberedMs = 60_000;

/** The provider of each merchant's own account, kept with its open sockets for a while. */
export function providersOfMerchants(settings: ProviderSettings): ProviderOfMerchant {
  const known = new LRUCache<string, PaymentProvider>({ max: 1_000, ttl: rememberedMs });
  return async (merchantId) => {
    const remembered = known.get(merchantId);
    if (remembered !== undefined) return remembered;
    const account = await settings.findAccount(merchantId);
    if (account === undefined) throw new ProviderError('misconfigured', `merchant ${merchantId} has no PSP account`);
    const secretKey =
      account.secretKeySealed === null
        ? settings.stripeSecretKey
        : openKey(account.secretKeySealed, settings.secretsKey, merchantId);
    const stripe = new StripeProvider({
      secretKey,
      ...(settings.stripeUrl !== undefined && { url: settings.stripeUrl }),
    });
    const provider = settings.breaker?.guard(stripe) ?? stripe;
    known.set(merchantId, provider);
    return provider;
  };
}

function openKey(sealed: Uint8Array, key: Buffer, merchantId: string): string {
  try {
    return open(sealed, key, merchantId);
  } catch {
    throw new ProviderError(
      'misconfigured',
      `the PSP key of merchant ${merchantId} can't be opened: was PAYSAGA_SECRETS_KEY changed?`,
    );
  }
}
