import Stripe from 'stripe';
import type { SellerAccount } from '../../domain/seller';
import { ProviderError, type OnboardingLink, type SellerAccountProvider } from '../provider';
import { toProviderError } from './errors';

const listPageSize = 100;
const mostPagesListed = 20;

/** An account of ours; undefined where Stripe answers 403: it isn't there, or isn't ours (any more). */
export async function retrieveAccount(stripe: Stripe, reference: string): Promise<Stripe.Account | undefined> {
  try {
    return await stripe.accounts.retrieve(reference);
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError && error.code === 'account_invalid') return undefined;
    const problem = toProviderError(error);
    if (problem.problem === 'rejected') return undefined;
    throw problem;
  }
}

const ours = (merchantId: string, sellerId: string): Record<string, string> => ({
  merchant_id: merchantId,
  seller_id: sellerId,
});

/**
 * Sellers as connected accounts with Stripe's own onboarding and dashboard, whose payouts we ask for
 * (docs.stripe.com/connect/hosted-onboarding, docs.stripe.com/connect/manual-payouts).
 */
export class StripeSellerAccounts implements SellerAccountProvider {
  constructor(private readonly stripe: Stripe) {}

  async open({
    merchantId,
    sellerId,
    country,
    email,
  }: Parameters<SellerAccountProvider['open']>[0]): Promise<{ reference: string }> {
    try {
      const account = await this.stripe.accounts.create(
        {
          country,
          ...(email !== null && { email }),
          controller: {
            fees: { payer: 'application' },
            losses: { payments: 'application' },
            requirement_collection: 'stripe',
            stripe_dashboard: { type: 'express' },
          },
          capabilities: { transfers: { requested: true } },
          settings: { payouts: { schedule: { interval: 'manual' } } },
          metadata: ours(merchantId, sellerId),
        },
        { idempotencyKey: `seller-account:${merchantId}:${sellerId}:${country}` },
      );
      return { reference: account.id };
    } catch (error) {
      throw toProviderError(error);
    }
  }

  /** Accounts can't be searched for by metadata: all since a time are gone through, the newest first. */
  async find({
    merchantId,
    sellerId,
    sinceSeconds,
  }: Parameters<SellerAccountProvider['find']>[0]): Promise<{ reference: string } | undefined> {
    try {
      let after: string | undefined;
      for (let page = 0; page < mostPagesListed; page += 1) {
        const list = await this.stripe.accounts.list({
          created: { gte: sinceSeconds },
          limit: listPageSize,
          ...(after !== undefined && { starting_after: after }),
        });
        const found = list.data.find(
          ({ metadata }) => metadata?.['merchant_id'] === merchantId && metadata['seller_id'] === sellerId,
        );
        if (found !== undefined) return { reference: found.id };
        after = list.data.at(-1)?.id;
        if (!list.has_more || after === undefined) return undefined;
      }
    } catch (error) {
      throw toProviderError(error);
    }
    // Not having looked at all is no proof that there is none: another one would be made.
    throw new ProviderError('outcome_unknown', 'there are more new accounts than can be gone through');
  }

  async read(reference: string): Promise<SellerAccount | undefined> {
    const account = await retrieveAccount(this.stripe, reference);
    return account && sellerAccountOf(account);
  }

  async link({
    account,
    returnUrl,
    refreshUrl,
  }: Parameters<SellerAccountProvider['link']>[0]): Promise<OnboardingLink> {
    try {
      const link = await this.stripe.accountLinks.create({
        account,
        type: 'account_onboarding',
        return_url: returnUrl,
        refresh_url: refreshUrl,
        collection_options: { fields: 'eventually_due' },
      });
      return { url: link.url, expiresAt: new Date(link.expires_at * 1_000).toISOString() };
    } catch (error) {
      throw toProviderError(error);
    }
  }
}

/** What Stripe says of an account, in our words. A deadline may stand with the account or with the requirements that come later. */
function sellerAccountOf(account: Stripe.Account): SellerAccount {
  const { requirements, external_accounts: banks } = account;
  const deadline = requirements?.current_deadline ?? null;
  return {
    reference: account.id,
    detailsSubmitted: account.details_submitted,
    payoutsEnabled: account.payouts_enabled,
    disabledReason: requirements?.disabled_reason ?? null,
    currentlyDue: requirements?.currently_due ?? [],
    pastDue: requirements?.past_due ?? [],
    pendingVerification: requirements?.pending_verification ?? [],
    dueBy: deadline === null ? null : new Date(deadline * 1_000).toISOString(),
    bankAccount: (banks?.data.find((one) => one.default_for_currency === true) ?? banks?.data[0])?.id ?? null,
  };
}
