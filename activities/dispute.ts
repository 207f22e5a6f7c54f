import { isClosedDispute, type DisputeStatus } from '../domain/dispute';
import { capturedExchange, exchangeOf, partOfExchange, type Crossing, type ExchangedPart } from '../domain/exchange';
import { policiesFrom } from '../domain/policies';
import {
  disputeFeePosting,
  disputeLinePosting,
  disputeLossReversedPosting,
  disputeLostPosting,
  type LostMoney,
  type Posting,
} from '../domain/posting';
import { capturedParts, sharesOfDispute, type Parts } from '../domain/refund';
import {
  findDispute,
  findDisputeLine,
  markDispute,
  recordDisputeLine,
  saveDispute,
  sharesHeld,
  type DisputeKey,
  type DisputeRecord,
} from '../prisma/dispute';
import { findPaymentOrder, type PaymentOrderRecord } from '../prisma/payment-order';
import { givenBack } from '../prisma/refund';
import { markOrder } from '../prisma/risk';
import type { DisputeLine } from '../providers/provider';
import { book } from './book';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/** What a dispute's workflow decides by. Nothing personal: the evidence stays on the row. */
export interface SyncedDispute {
  readonly status: DisputeStatus;
  readonly closed: boolean;
  readonly evidenceDueBy: string | null;
  readonly reminders: number;
  readonly wantsEvidenceSent: boolean;
  readonly wantsAccepted: boolean;
}

async function mustFindOrder({ databases }: Dependencies, key: { merchantId: string; paymentOrderId: string }) {
  const order = await findPaymentOrder(databases.payments, key);
  if (order === undefined) throw failure('NotFound', `there is no payment order ${key.paymentOrderId}`);
  return order;
}

async function mustFind({ databases }: Dependencies, key: DisputeKey): Promise<DisputeRecord> {
  const dispute = await findDispute(databases.payments, key);
  if (dispute === undefined) throw failure('NotFound', `there is no dispute ${key.disputeId}`);
  return dispute;
}

/**
 * Reads a dispute from the PSP, keeps what it says, and books its lines: what was taken, what came back, each fee apart, and
 * the loss once it is lost (D1, D2). A retry is safe: each line is kept and booked once under its own id.
 */
export async function syncDispute(
  dependencies: Dependencies,
  input: DisputeKey & { paymentOrderId: string },
): Promise<SyncedDispute> {
  const { payments } = dependencies.databases;
  const order = await mustFindOrder(dependencies, input);
  const told = await (await dependencies.providerOf(input.merchantId)).disputes.read(input.disputeId);
  if (told.payment !== order.pspReference)
    throw failure(
      'InvariantViolated',
      `dispute ${input.disputeId} is about another payment than order ${input.paymentOrderId}`,
    );
  await saveDispute(payments, {
    merchantId: input.merchantId,
    disputeId: input.disputeId,
    paymentOrderId: input.paymentOrderId,
    amountMinor: BigInt(told.amountMinor),
    currency: told.currency,
    sellerCurrency: order.sellerCurrency,
    reason: told.reason,
    pspStatus: told.status,
    status: told.standing,
    chargeRefundable: told.refundable,
    evidenceDueBy: told.evidenceDueBy === null ? null : new Date(told.evidenceDueBy),
    openedAt: new Date(told.openedAt),
  });
  // An inquiry is not yet a dispute, and a buyer who only asks is no fraud.
  if (told.lines.length > 0) await markOrder(dependencies.databases.risk, order, 'disputed');
  const foreign = told.lines.find((line) => line.currency !== order.currency);
  if (foreign !== undefined)
    throw failure(
      'InvariantViolated',
      `line ${foreign.lineId} is in ${foreign.currency}, the order in ${order.currency}: book it by hand`,
    );
  for (const [position, line] of told.lines.entries()) await bookLine(dependencies, input, order, line, position);
  const dispute = await mustFind(dependencies, input);
  const closed = isClosedDispute(told.standing);
  if (told.standing === 'lost') await bookLoss(dependencies, dispute, order, told.lines.length);
  if (closed) await markDispute(payments, input, { closed: true });
  return {
    status: told.standing,
    closed,
    evidenceDueBy: told.evidenceDueBy,
    reminders: dispute.reminders,
    wantsEvidenceSent: dispute.evidenceSent < dispute.evidenceRevision && dispute.acceptRequested === null,
    wantsAccepted: dispute.acceptRequested !== null,
  };
}

async function bookLine(
  dependencies: Dependencies,
  key: DisputeKey,
  order: PaymentOrderRecord,
  line: DisputeLine,
  position: number,
): Promise<void> {
  const amountMinor = BigInt(line.amountMinor);
  const { merchantId } = key;
  const { lineId } = line;
  const known = await findDisputeLine(dependencies.databases.payments, { merchantId, lineId });
  const before = await mustFind(dependencies, key);
  if (known === undefined && amountMinor > 0n && before.bookedLoss)
    await unbookLoss(dependencies, before, order, position);
  const { sellerMinor } = known ?? (await keepLine(dependencies, before, order, line, position));
  const { sellerAccount } = order;
  if (amountMinor !== 0n) {
    const money = {
      sellerAccount,
      amountMinor: amountMinor < 0n ? -amountMinor : amountMinor,
      sellerMinor,
      ...buyerCurrencyOf(order),
    };
    const posting = disputeLinePosting(amountMinor < 0n ? 'withdrawn' : 'reinstated', money);
    await bookLeg(dependencies, before, order, `line:${lineId}`, posting);
  }
  const feeMinor = BigInt(line.feeMinor);
  if (feeMinor !== 0n) {
    const { disputeFee } = policiesFrom(order.policies);
    const posting = disputeFeePosting({ sellerAccount, feeMinor, ...costOf(order, feeMinor) }, disputeFee);
    await bookLeg(dependencies, before, order, `fee:${lineId}`, posting);
  }
}

/** The currency of a dispute's lines, where it isn't the seller's. */
const buyerCurrencyOf = (order: PaymentOrderRecord) =>
  order.sellerCurrency === null ? {} : { buyerCurrency: order.currency };

/** What a fee of the PSP costs in the seller's currency, at the order's own middle rate and rounded up. */
function costOf(order: PaymentOrderRecord, feeMinor: bigint): { crossing?: Crossing } {
  const exchange = exchangeOf(order);
  if (exchange === undefined) return {};
  const size = feeMinor < 0n ? -feeMinor : feeMinor;
  const cost = (size * exchange.positionMinor + order.amount - 1n) / order.amount;
  const positionMinor = feeMinor < 0n ? -cost : cost;
  return { crossing: { buyerCurrency: order.currency, buyerMinor: feeMinor, positionMinor } };
}

/** Whose a line is: worked out once, from what each still has of the order, or has reserved for it; then it stands. */
async function keepLine(
  { databases }: Dependencies,
  dispute: DisputeRecord,
  order: PaymentOrderRecord,
  line: DisputeLine,
  position: number,
): Promise<Parts> {
  const amountMinor = BigInt(line.amountMinor);
  for (;;) {
    const { parts: refunded } = await givenBack(databases.payments, order);
    const held = await sharesHeld(databases.payments, order);
    const gone = {
      sellerMinor: refunded.sellerMinor + held.sellerMinor,
      feeMinor: refunded.feeMinor + held.feeMinor,
    };
    const shares =
      amountMinor < 0n
        ? sharesOfDispute(capturedParts(order), gone, exchangedPart(order, -amountMinor)?.grossMinor ?? -amountMinor)
        : sharesReturned(dispute, amountMinor);
    const stands = await recordDisputeLine(databases.payments, {
      merchantId: dispute.merchantId,
      disputeId: dispute.disputeId,
      lineId: line.lineId,
      amountMinor,
      currency: line.currency,
      shares,
      pspFeeMinor: BigInt(line.feeMinor),
      position,
      seenSellerMinor: refunded.sellerMinor,
    });
    if (stands !== undefined) return stands;
  }
}

/** What comes back goes to whom it was taken from: all of it, or in proportion. */
function sharesReturned(dispute: DisputeRecord, amountMinor: bigint): Parts {
  const { heldAmount, sellerAmount, feeAmount } = dispute;
  if (amountMinor >= heldAmount) return { sellerMinor: sellerAmount, feeMinor: feeAmount };
  const part = (share: bigint): bigint => (share * amountMinor) / heldAmount;
  return { sellerMinor: part(sellerAmount), feeMinor: part(feeAmount) };
}

/** What is lost, as it stands on the row: the same for booking it and for taking that back. */
function lossOf(dispute: DisputeRecord, order: PaymentOrderRecord): LostMoney {
  const { heldAmount, sellerAmount, feeAmount, lostGross, lostPosition } = dispute;
  return {
    sellerAccount: order.sellerAccount,
    amountMinor: heldAmount,
    sellerMinor: sellerAmount,
    feeMinor: feeAmount,
    ...buyerCurrencyOf(order),
    ...(lostGross !== null &&
      lostPosition !== null && { exchanged: { grossMinor: lostGross, positionMinor: lostPosition } }),
  };
}

/** What some of the buyer's money stands for in the seller's currency, where that is another one. */
function exchangedPart(order: PaymentOrderRecord, buyerMinor: bigint): ExchangedPart | undefined {
  const captured = capturedExchange(order);
  if (captured === undefined) return undefined;
  const capturedMinor = order.capturedAmount ?? order.amount;
  const part = partOfExchange(captured, capturedMinor, buyerMinor < capturedMinor ? buyerMinor : capturedMinor);
  return { grossMinor: part.sellerMinor, positionMinor: part.positionMinor };
}

/** Keeps what a loss takes of the order's exchange, before it is booked. With what was refunded it is all of it, where all is gone. */
async function keepLost(
  { databases }: Dependencies,
  dispute: DisputeRecord,
  order: PaymentOrderRecord,
): Promise<DisputeRecord> {
  const captured = capturedExchange(order);
  if (captured === undefined || dispute.lostGross !== null) return dispute;
  const gone = await givenBack(databases.payments, order);
  const { sellerMinor, feeMinor } = gone.parts;
  const isAll = gone.refundedMinor + dispute.heldAmount === (order.capturedAmount ?? order.amount);
  const rest = {
    grossMinor: captured.sellerMinor - sellerMinor - feeMinor,
    positionMinor: captured.positionMinor - gone.positionMinor,
  };
  const lost = isAll ? rest : (exchangedPart(order, dispute.heldAmount) ?? rest);
  await markDispute(databases.payments, dispute, { lost });
  return { ...dispute, lostGross: lost.grossMinor, lostPosition: lost.positionMinor };
}

async function bookLoss(
  dependencies: Dependencies,
  dispute: DisputeRecord,
  order: PaymentOrderRecord,
  lines: number,
): Promise<void> {
  if (dispute.heldAmount === 0n) return;
  const kept = await keepLost(dependencies, dispute, order);
  const posting = disputeLostPosting(lossOf(kept, order), policiesFrom(order.policies));
  await bookLeg(dependencies, dispute, order, `lost:${String(lines)}`, posting);
  await markDispute(dependencies.databases.payments, dispute, { bookedLoss: true });
}

/** A lost dispute whose money comes back after all, on appeal: the loss is taken back first, then the line is like any other. */
async function unbookLoss(
  dependencies: Dependencies,
  dispute: DisputeRecord,
  order: PaymentOrderRecord,
  position: number,
): Promise<void> {
  const posting = disputeLossReversedPosting(lossOf(dispute, order), policiesFrom(order.policies));
  await bookLeg(dependencies, dispute, order, `lost_reversed:${String(position)}`, posting);
  await markDispute(dependencies.databases.payments, dispute, { bookedLoss: false, lost: null });
}

const bookLeg = (
  dependencies: Dependencies,
  dispute: DisputeRecord,
  order: PaymentOrderRecord,
  leg: string,
  posting: Posting,
) =>
  book(dependencies, {
    merchantId: dispute.merchantId,
    source: { type: 'dispute', id: dispute.disputeId, leg },
    paymentOrderId: dispute.paymentOrderId,
    sellerAccount: order.sellerAccount,
    currency: order.sellerCurrency ?? order.currency,
    posting,
    effectiveAt: new Date(),
    reason: dispute.reason,
  });

/** Sends the evidence as it stands on the row. A retry is safe: a revision has a key of its own, and is marked as sent once. */
export async function sendDisputeEvidence(dependencies: Dependencies, key: DisputeKey): Promise<void> {
  const dispute = await mustFind(dependencies, key);
  const provider = (await dependencies.providerOf(key.merchantId)).disputes;
  await provider.sendEvidence({
    merchantId: key.merchantId,
    reference: key.disputeId,
    evidence: dispute.evidence as Record<string, string>,
    revision: dispute.evidenceRevision,
    submit: dispute.submitRequested !== null,
  });
  await markDispute(dependencies.databases.payments, key, { evidenceSent: dispute.evidenceRevision });
}

/** Gives a dispute up. A retry is safe: the call has a key of its own, and what is closed stays closed. */
export async function acceptDispute(dependencies: Dependencies, key: DisputeKey): Promise<void> {
  const provider = (await dependencies.providerOf(key.merchantId)).disputes;
  await provider.accept({ merchantId: key.merchantId, reference: key.disputeId });
}

export const noteReminder = ({ databases }: Dependencies, input: DisputeKey & { reminders: number }): Promise<void> =>
  markDispute(databases.payments, input, { reminders: input.reminders });
