import { adjustmentPosting, writeOffPosting, type Adjustment } from '../domain/adjustment';
import type { Posting } from '../domain/posting';
import { closePeriod, finishProposal, findProposal, type ProposalKey, type ProposalRecord } from '../prisma/proposal';
import { classifyStorageError, sqlState, storageMessage } from '../prisma/storage-error';
import { book } from './book';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/**
 * Does what two persons have agreed on: a posting by hand, a write-off, or the close of a period. A retry is safe: a
 * posting has the proposal as its source, a period is closed once, and what was done is not done again.
 *
 * @returns why not, when the book refuses it: then nothing was done
 */
export async function carryOutProposal(
  dependencies: Dependencies,
  key: ProposalKey,
): Promise<{ problem: string | null }> {
  const { ledger } = dependencies.databases;
  const proposal = await findProposal(ledger, key);
  if (proposal === undefined) throw failure('NotFound', `there is no proposal ${key.proposalId}`);
  if (proposal.state !== 'approved') return { problem: proposal.problem };
  const problem = await refusalOf(() => carryOut(dependencies, proposal));
  await finishProposal(ledger, key, problem);
  return { problem };
}

async function carryOut(dependencies: Dependencies, proposal: ProposalRecord): Promise<void> {
  const { merchantId, proposedBy, reason } = proposal;
  switch (proposal.kind) {
    case 'adjustment': {
      const details = proposal.details as Adjustment;
      const { posting, seller } = adjustmentPosting(details);
      return post(dependencies, proposal, posting, seller, details.currency, new Date(details.effective_at));
    }
    case 'write_off': {
      const {
        seller_account: seller,
        amount,
        currency,
      } = proposal.details as Record<'seller_account' | 'amount' | 'currency', string>;
      return post(dependencies, proposal, writeOffPosting(seller, { amount, currency }), seller, currency, new Date());
    }
    case 'period_close': {
      const { through } = proposal.details as { through: string };
      const closedBy = proposal.decidedBy ?? '';
      await closePeriod(dependencies.databases.ledger, merchantId, {
        through: new Date(through),
        proposedBy,
        closedBy,
        reason,
      });
      return;
    }
    default:
      throw failure('InvariantViolated', `a proposal of kind ${proposal.kind} can't be carried out`);
  }
}

async function post(
  dependencies: Dependencies,
  { merchantId, proposalId, reason, proposedBy, decidedBy }: ProposalRecord,
  posting: Posting,
  seller: string | null,
  currency: string,
  effectiveAt: Date,
): Promise<void> {
  await book(dependencies, {
    merchantId,
    source: { type: 'adjustment', id: proposalId, leg: 'posted' },
    paymentOrderId: null,
    sellerAccount: seller ?? '',
    currency,
    posting,
    effectiveAt,
    dated: true,
    reason: `${reason} (${proposedBy}, ${decidedBy ?? ''})`,
  });
}

/** Why the book refused; nothing when it didn't. What may work later is thrown on. */
async function refusalOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const state = sqlState(error);
    if (state === '23514') return 'a seller would have less than nothing, or owe less than nothing';
    if (classifyStorageError(error) === 'conflict') return storageMessage(error);
    throw error;
  }
}
