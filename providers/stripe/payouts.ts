import type Stripe from 'stripe';
import { keyOf } from '../idempotency-key';
import {
  ProviderError,
  type PayoutAccount,
  type PayoutIdentity,
  type PayoutProvider,
  type PayoutStepOutcome,
} from '../provider';
import { toStripeAmount } from './amounts';
import { toProviderError } from './errors';
import { retrieveAccount } from './seller-accounts';

const listPageSize = 100;
const mostPagesListed = 10;

type StepInput = Parameters<PayoutProvider['transfer']>[0];

/**
 * Payouts as Stripe does them on a platform: a transfer from the platform's balance to the seller's connected account, then
 * a payout of that account (docs.stripe.com/connect/separate-charges-and-transfers, docs.stripe.com/connect/manual-payouts).
 */
export class StripePayouts implements PayoutProvider {
  constructor(private readonly stripe: Stripe) {}

  async readAccount(reference: string): Promise<PayoutAccount | undefined> {
    const account = await retrieveAccount(this.stripe, reference);
    return (
      account && {
        reference: account.id,
        payoutsEnabled: account.payouts_enabled,
        missing: account.requirements?.currently_due ?? [],
      }
    );
  }

  transfer({ identity, account, amount }: StepInput): Promise<PayoutStepOutcome> {
    return step(async () => {
      const transfer = await this.stripe.transfers.create(
        {
          amount: toStripeAmount(amount),
          currency: amount.currency.toLowerCase(),
          destination: account,
          transfer_group: identity.payoutId,
          metadata: metadata(identity),
        },
        { idempotencyKey: payoutKey(identity) },
      );
      return { outcome: 'done', reference: transfer.id };
    });
  }

  async findTransfer({ identity, account }: StepInput): Promise<PayoutStepOutcome | undefined> {
    try {
      const list = await this.stripe.transfers.list({
        destination: account,
        transfer_group: identity.payoutId,
        limit: listPageSize,
      });
      const ours = list.data.find((transfer) => isOurs(transfer.metadata, identity));
      return ours === undefined ? undefined : { outcome: 'done', reference: ours.id };
    } catch (error) {
      throw toProviderError(error);
    }
  }

  payOut({ identity, account, amount }: StepInput): Promise<PayoutStepOutcome> {
    return step(async () =>
      payoutOutcome(
        await this.stripe.payouts.create(
          {
            amount: toStripeAmount(amount),
            currency: amount.currency.toLowerCase(),
            metadata: metadata(identity),
          },
          { stripeAccount: account, idempotencyKey: payoutKey(identity) },
        ),
      ),
    );
  }

  async findPayout({
    identity,
    account,
    sinceSeconds,
  }: StepInput & { sinceSeconds: number }): Promise<PayoutStepOutcome | undefined> {
    try {
      let after: string | undefined;
      for (let page = 0; page < mostPagesListed; page += 1) {
        const list = await this.stripe.payouts.list(
          {
            created: { gte: sinceSeconds },
            limit: listPageSize,
            ...(after !== undefined && { starting_after: after }),
          },
          { stripeAccount: account },
        );
        const ours = list.data.find((payout) => isOurs(payout.metadata, identity));
        if (ours !== undefined) return payoutOutcome(ours);
        after = list.data.at(-1)?.id;
        if (!list.has_more || after === undefined) return undefined;
      }
      return undefined;
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async readPayout({ account, reference }: { account: string; reference: string }): Promise<PayoutStepOutcome> {
    try {
      return payoutOutcome(await this.stripe.payouts.retrieve(reference, {}, { stripeAccount: account }));
    } catch (error) {
      throw toProviderError(error);
    }
  }

  reverseTransfer({ identity, amount, transfer }: StepInput & { transfer: string }): Promise<PayoutStepOutcome> {
    return step(async () => {
      const standing = await this.stripe.transfers.retrieve(transfer);
      const earlier = standing.reversals.data.find((reversal) => isOurs(reversal.metadata, identity));
      if (earlier !== undefined) return { outcome: 'done', reference: earlier.id };
      // Somebody took it back on the PSP's own dashboard.
      if (standing.reversed) return { outcome: 'done', reference: standing.reversals.data[0]?.id ?? standing.id };
      const reversal = await this.stripe.transfers.createReversal(
        transfer,
        { amount: toStripeAmount(amount), metadata: metadata(identity) },
        { idempotencyKey: payoutKey(identity) },
      );
      return { outcome: 'done', reference: reversal.id };
    });
  }
}

/** A refusal is an outcome: the PSP has looked at the step and did nothing. Everything else is thrown. */
async function step(call: () => Promise<PayoutStepOutcome>): Promise<PayoutStepOutcome> {
  try {
    return await call();
  } catch (error) {
    const problem = toProviderError(error);
    if (problem.problem === 'rejected')
      return { outcome: 'refused', code: problem.code ?? 'rejected', message: problem.message };
    throw problem;
  }
}

const payoutKey = ({ merchantId, payoutId, step: name, attempt }: PayoutIdentity): string =>
  keyOf([merchantId, 'payout', payoutId, name, String(attempt)]);

const metadata = ({ merchantId, payoutId, step: name, attempt }: PayoutIdentity): Record<string, string> => ({
  merchant_id: merchantId,
  payout_id: payoutId,
  operation: name,
  attempt: String(attempt),
});

const isOurs = (found: Stripe.Metadata | null, identity: PayoutIdentity): boolean =>
  Object.entries(metadata(identity)).every(([name, value]) => found?.[name] === value);

/** Our words for a payout's state. The field is open: a status not known here is no outcome (U1). */
function payoutOutcome(payout: Stripe.Payout): PayoutStepOutcome {
  switch (payout.status) {
    case 'pending':
    case 'in_transit':
      return { outcome: 'pending', reference: payout.id };
    case 'paid':
      return { outcome: 'done', reference: payout.id };
    case 'failed':
    case 'canceled':
      return {
        outcome: 'failed',
        reference: payout.id,
        code: payout.failure_code ?? payout.status,
        message: payout.failure_message ?? `the payout was ${payout.status}`,
      };
    default:
      throw new ProviderError('outcome_unknown', `payout ${payout.id} is in a state not known here: ${payout.status}`);
  }
}
