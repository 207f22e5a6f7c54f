import { payoutPosting, type PayoutLeg } from '../domain/posting';
import type { PayoutStatus } from '../domain/payout';
import type { RequestedBy } from '../domain/requested-by';
import { InsufficientFunds, isPosted } from '../prisma/ledger';
import { findSeller } from '../prisma/identity';
import {
  addApproval,
  beginPayoutCall,
  findPayout,
  latestPayoutCall,
  recordPayout,
  recordPayoutCall,
  type PayoutKey,
  type PayoutRecord,
} from '../prisma/payout';
import type { PayoutIdentity, PayoutProvider, PayoutStepOutcome } from '../providers/provider';
import { book } from './book';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { keyLifeSeconds } from './pay';

export type PayoutStep = PayoutIdentity['step'];

/** A payout's row as its workflow needs it. */
export interface LoadedPayout {
  readonly status: PayoutStatus;
  readonly approvalsNeeded: number;
  readonly approvals: readonly RequestedBy[];
  readonly transferred: boolean;
}

async function mustFind({ databases }: Dependencies, key: PayoutKey): Promise<PayoutRecord> {
  const payout = await findPayout(databases.payouts, key);
  if (payout === undefined) throw failure('NotFound', `there is no payout ${key.payoutId}`);
  return payout;
}

export async function loadPayout(dependencies: Dependencies, key: PayoutKey): Promise<LoadedPayout> {
  const payout = await mustFind(dependencies, key);
  return {
    status: payout.payoutStatus as PayoutStatus,
    approvalsNeeded: payout.approvalsNeeded,
    approvals: payout.approvals as RequestedBy[],
    transferred: payout.transferReference !== null,
  };
}

/**
 * Puts the money out of the seller's reach before anybody is paid (P2). A retry is safe: the posting's source is the payout.
 *
 * @returns why not, when the ledger says that the money isn't there or the seller owes: then nothing was taken
 */
export async function reservePayout(dependencies: Dependencies, key: PayoutKey): Promise<{ refusal: string | null }> {
  const payout = await mustFind(dependencies, key);
  try {
    await bookPayout(dependencies, payout, 'requested');
    return { refusal: null };
  } catch (error) {
    if (error instanceof InsufficientFunds) return { refusal: 'insufficient_funds' };
    throw error;
  }
}

/**
 * Books one leg of a payout. A retry is safe: each leg has the payout as its source. The seller has the money back only when no
 * transfer of it stands at the PSP, whatever the run that asks has seen of that: a reset one has forgotten it.
 */
export async function bookPayoutLeg(dependencies: Dependencies, input: PayoutKey & { leg: PayoutLeg }): Promise<void> {
  const payout = await mustFind(dependencies, input);
  if (input.leg === 'failed' && payout.transferReference !== null && payout.reversalReference === null)
    throw failure(
      'InvariantViolated',
      `the transfer of payout ${payout.payoutId} stands at the PSP: it must be taken back`,
    );
  await bookPayout(dependencies, payout, input.leg);
}

const isUnsent = (payout: PayoutRecord, step: PayoutStep): boolean =>
  (step === 'transfer' && payout.transferReference === null) || (step === 'payout' && payout.payoutReference === null);

/** Whether the seller has the money back: then nothing of the payout may be sent any more, by whichever run. */
const isGivenBack = ({ databases }: Dependencies, { merchantId, payoutId }: PayoutKey): Promise<boolean> =>
  isPosted(databases.ledger, merchantId, { type: 'payout', id: payoutId, leg: 'failed' });

const bookPayout = (dependencies: Dependencies, payout: PayoutRecord, leg: PayoutLeg) =>
  book(dependencies, {
    merchantId: payout.merchantId,
    source: { type: 'payout', id: payout.payoutId, leg },
    paymentOrderId: null,
    sellerAccount: payout.sellerAccount,
    currency: payout.currency,
    posting: payoutPosting(leg, { sellerAccount: payout.sellerAccount, amountMinor: payout.amount }),
    effectiveAt: new Date(),
  });

/** Keeps a person's consent. A retry is safe: one person counts once. */
export async function approvePayout(
  { databases }: Dependencies,
  input: PayoutKey & { by: RequestedBy },
): Promise<readonly RequestedBy[]> {
  return addApproval(databases.payouts, input, input.by);
}

/** Whether the PSP would pay this seller out now, and our own records still say that it may be (P5). A retry is safe: it reads. */
export async function checkPayoutAccount(
  dependencies: Dependencies,
  key: PayoutKey,
): Promise<{ refusal: string | null; message: string }> {
  const payout = await mustFind(dependencies, key);
  const seller = await findSeller(dependencies.databases.identity, key.merchantId, payout.sellerAccount);
  if (seller !== undefined && seller.suspendedAt !== null)
    return { refusal: 'seller_suspended', message: `the seller is suspended: ${seller.suspensionReason ?? ''}` };
  if (seller?.kycStatus !== 'verified') return { refusal: 'kyc_not_verified', message: 'the seller is not verified' };
  if (seller.payoutAccount !== payout.payoutAccount)
    return { refusal: 'payout_account_changed', message: 'the account was changed after the payout was asked for' };
  const provider = await dependencies.providerOf(key.merchantId);
  const account = await provider.payouts.readAccount(payout.payoutAccount);
  if (account === undefined) return { refusal: 'no_payout_account', message: 'the PSP does not know the account' };
  if (!account.payoutsEnabled)
    return { refusal: 'account_not_enabled', message: `the PSP still needs: ${account.missing.join(', ')}` };
  return { refusal: null, message: '' };
}

/**
 * One step of a payout at the PSP. A retry is safe: what carries our ids there is looked up first, every attempt of it;
 * the call has a key of its own; a key near the end of its life is not sent again (I6, P4); and what the seller has back is
 * not sent at all (V2).
 */
export async function sendPayoutStep(
  dependencies: Dependencies,
  input: PayoutKey & { step: PayoutStep },
): Promise<PayoutStepOutcome> {
  const { databases, failpoint } = dependencies;
  const payout = await mustFind(dependencies, input);
  if (isUnsent(payout, input.step) && (await isGivenBack(dependencies, payout)))
    return { outcome: 'refused', code: 'given_back', message: 'the seller has the money back' };
  const provider = (await dependencies.providerOf(input.merchantId)).payouts;
  const latest = await latestPayoutCall(databases.payouts, input, input.step);
  // What was refused was not done, and under its key never will be: the next try is a new attempt.
  const attempt =
    latest === undefined ? 1 : latest.attempt + (isRefused(latest.outcome) || wantsNew(latest.outcome) ? 1 : 0);
  const found = latest === undefined ? undefined : await look(provider, payout, input.step, latest.attempt);
  const outcome = found ?? (await send(dependencies, provider, payout, input.step, attempt));
  await failpoint(`${input.step}.after_call`, payout.payoutId);
  await recordPayoutCall(
    databases.payouts,
    input,
    input.step,
    found === undefined ? attempt : (latest?.attempt ?? 1),
    outcome,
  );
  if ('reference' in outcome) await noteReference(dependencies, payout, input.step, outcome.reference);
  await failpoint(`${input.step}.after_record`, payout.payoutId);
  return outcome;
}

const isRefused = (outcome: unknown): boolean => (outcome as { outcome?: string } | null)?.outcome === 'refused';
const wantsNew = (outcome: unknown): boolean => (outcome as { outcome?: string } | null)?.outcome === 'not_found';

const identityOf = (payout: PayoutRecord, step: PayoutStep, attempt: number): PayoutIdentity => ({
  merchantId: payout.merchantId,
  payoutId: payout.payoutId,
  step,
  attempt,
});

/** An earlier attempt may have come through late: any of them counts. */
async function look(
  provider: PayoutProvider,
  payout: PayoutRecord,
  step: PayoutStep,
  latestAttempt: number,
): Promise<PayoutStepOutcome | undefined> {
  const { payoutAccount: account, currency, amount: amountMinor } = payout;
  if (step === 'payout' && payout.payoutReference !== null)
    return provider.readPayout({ account, reference: payout.payoutReference });
  if (step === 'transfer' && payout.transferReference !== null)
    return { outcome: 'done', reference: payout.transferReference };
  // A reversal looks for itself, on the transfer.
  if (step === 'transfer_reversal') return undefined;
  for (let attempt = latestAttempt; attempt >= 1; attempt -= 1) {
    const input = { identity: identityOf(payout, step, attempt), account, amount: { amountMinor, currency } };
    const sinceSeconds = Math.floor(payout.createdAt.getTime() / 1000) - 300;
    const found =
      step === 'transfer' ? await provider.findTransfer(input) : await provider.findPayout({ ...input, sinceSeconds });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function send(
  { databases, failpoint }: Dependencies,
  provider: PayoutProvider,
  payout: PayoutRecord,
  step: PayoutStep,
  attempt: number,
): Promise<PayoutStepOutcome> {
  const begun = await beginPayoutCall(databases.payouts, payout, step, attempt);
  if (begun.ageSeconds > keyLifeSeconds)
    throw failure('ProviderOutcomeUnknown', 'the key is too old to be sent again, and nothing was found under our ids');
  await failpoint(`${step}.before_call`, payout.payoutId);
  const { payoutAccount: account, currency, amount: amountMinor } = payout;
  const input = { identity: identityOf(payout, step, attempt), account, amount: { amountMinor, currency } };
  switch (step) {
    case 'transfer':
      return provider.transfer(input);
    case 'payout':
      return provider.payOut(input);
    case 'transfer_reversal': {
      if (payout.transferReference === null)
        throw failure('InvariantViolated', `payout ${payout.payoutId} has no transfer to take back`);
      const outcome = await provider.reverseTransfer({ ...input, transfer: payout.transferReference });
      // Money that is not back in the seller's account yet: it will be, and this must succeed in the end (U6).
      if (outcome.outcome === 'refused') {
        await recordPayoutCall(databases.payouts, payout, step, attempt, outcome);
        throw failure('ProviderRejected', `the transfer can't be taken back now: ${outcome.message}`);
      }
      return outcome;
    }
  }
}

async function noteReference(
  { databases }: Dependencies,
  payout: PayoutRecord,
  step: PayoutStep,
  reference: string,
): Promise<void> {
  const status = payout.payoutStatus as PayoutStatus;
  const change =
    step === 'transfer'
      ? { status: 'transferring' as const, transferReference: reference }
      : step === 'payout'
        ? { status: status === 'paid' ? status : ('in_transit' as const), payoutReference: reference }
        : { status: 'returning' as const, reversalReference: reference };
  await recordPayout(databases.payouts, payout, change);
}

/**
 * Lets a step whose last attempt look-up has not found be a new attempt, unless it was sent within the last two minutes: it
 * may still be on its way (I4, I5). A person has asked for it. A retry is safe: it only marks the attempt.
 */
export async function startNewPayoutAttempt(
  dependencies: Dependencies,
  input: PayoutKey & { step: PayoutStep },
): Promise<void> {
  const { payouts } = dependencies.databases;
  const payout = await mustFind(dependencies, input);
  const latest = await latestPayoutCall(payouts, input, input.step);
  if (latest === undefined || latest.outcome !== null || Date.now() - latest.lastSentAt.getTime() < 120_000) return;
  const provider = (await dependencies.providerOf(input.merchantId)).payouts;
  if ((await look(provider, payout, input.step, latest.attempt)) === undefined)
    await recordPayoutCall(payouts, input, input.step, latest.attempt, { outcome: 'not_found' });
}

/** Takes a person's word for what became of a step. A retry is safe: what is known stays. */
export async function supplyPayoutStep(
  dependencies: Dependencies,
  input: PayoutKey & {
    step: PayoutStep;
    outcome: 'succeeded' | 'failed';
    reference: string | undefined;
    actor: string;
  },
): Promise<PayoutStepOutcome> {
  const payout = await mustFind(dependencies, input);
  if (input.outcome === 'failed' || input.reference === undefined)
    return { outcome: 'refused', code: 'supplied_by_ops', message: `supplied by ${input.actor}` };
  await noteReference(dependencies, payout, input.step, input.reference);
  return { outcome: 'done', reference: input.reference };
}
