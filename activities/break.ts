import { heartbeat } from '@temporalio/activity';
import { workflowIds } from '../domain/identifiers';
import {
  correctionPosting,
  dueOf,
  idOfKey,
  needsTwoPersons,
  treatmentOf,
  type BreakClass,
  type BreakOutcome,
  type Remedy,
} from '../domain/reconciliation';
import type { PspClaim, PspSubject } from '../domain/psp-event';
import type { RequestedBy } from '../domain/requested-by';
import { breakRules, settleByPerson } from '../breaks';
import {
  countMending,
  differencesOf,
  findBreak,
  lacksOwnFee,
  linesOfBreak,
  noteCaseReminder,
  noteRemedy,
  openCases,
  setDeadline,
  settledSince,
  type BreakKey,
  type BreakRecord,
} from '../prisma/break';
import { findPaymentOrder } from '../prisma/payment-order';
import { isPosted, post } from '../prisma/ledger';
import { actOnNews, type NewsOutcome } from '../psp-events';
import { correctBankEntry, matchBankSide, suspendBankEntry } from './bank';
import { eventWorld, type Dependencies } from './dependencies';
import { failure } from './failure';
import {
  collectOurSide,
  dayOfAccount,
  importPspSide,
  matchSides,
  windowsOf,
  type ReconciliationDay,
} from './reconciliation';

/** A mismatch as its case needs it. Instants as ISO 8601. */
export interface CaseStanding {
  readonly state: string;
  readonly class: BreakClass;
  readonly treatment: string;
  readonly remedy: Remedy | null;
  readonly note: string | null;
  readonly dueAt: string;
  readonly reminders: number;
  readonly outcome: BreakOutcome | null;
}

/** A mismatch that is to have a case. */
export interface OpenCase extends BreakKey {
  readonly class: string;
  readonly key: string;
  readonly paymentOrderId: string | null;
}

const mostCases = 500;

async function mustFind({ databases }: Dependencies, key: BreakKey): Promise<BreakRecord> {
  const found = await findBreak(databases.reconciliation, key);
  if (found === undefined) throw failure('NotFound', `there is no break ${key.breakId}`);
  return found;
}

/** Open mismatches that somebody must act on, a page at a time. A retry is safe: it reads. */
export async function listCases(
  { databases }: Dependencies,
  { merchants, after }: { merchants: readonly string[]; after: BreakKey | null },
): Promise<OpenCase[]> {
  const found = await openCases(databases.reconciliation, merchants, mostCases, after);
  return found.map(({ merchantId, breakId, class: name, key, paymentOrderId }) => ({
    merchantId,
    breakId,
    class: name,
    key,
    paymentOrderId,
  }));
}

/** Gives a mismatch its deadline, and says how it stands. A retry is safe: the first deadline stays. */
export async function openCase(dependencies: Dependencies, key: BreakKey): Promise<CaseStanding> {
  const found = await mustFind(dependencies, key);
  if (found.state === 'open' && found.dueAt === null && found.class !== 'timing')
    await setDeadline(dependencies.databases.reconciliation, key, dueOf(found.class, found.openedAt));
  const {
    state,
    class: name,
    remedy,
    remedyNote,
    dueAt,
    reminders,
    outcome,
    openedAt,
  } = await mustFind(dependencies, key);
  return {
    state,
    class: name,
    treatment: treatmentOf[name],
    remedy,
    note: remedyNote,
    dueAt: (dueAt ?? dueOf(name, openedAt)).toISOString(),
    reminders,
    outcome,
  };
}

/**
 * Does what can safely be done about a mismatch by itself: tells the payment's own process, books a fee, or puts what nobody knows
 * into suspense (R6). A retry is safe: who is told asks the PSP first, and each posting has the break as its unique source.
 */
export async function remedyBreak(dependencies: Dependencies, key: BreakKey): Promise<void> {
  const found = await mustFind(dependencies, key);
  if (found.state !== 'open') return;
  // Said before it is booked: what goes to suspense must not look as if it had agreed by itself, whenever somebody compares.
  if (found.remedy === 'suspense' || found.remedy === 'booked_fee')
    return bookRemedy(dependencies, found, found.remedy);
  if (found.remedy !== null) return;
  await dependencies.failpoint('reconciliation.before_mending', found.breakId);
  const { remedy, note } = await remedyOf(dependencies, found);
  await dependencies.failpoint('reconciliation.after_mending', found.breakId);
  await noteRemedy(dependencies.databases.reconciliation, key, remedy, note);
}

/** Notes a remedy, and books it. */
async function book(
  dependencies: Dependencies,
  found: BreakRecord,
  remedy: 'suspense' | 'booked_fee',
  note: string,
): Promise<Done> {
  const { merchantId, breakId } = found;
  await noteRemedy(dependencies.databases.reconciliation, { merchantId, breakId }, remedy, note);
  await dependencies.failpoint('reconciliation.mending', breakId);
  await bookRemedy(dependencies, found, remedy);
  return { remedy, note };
}

async function bookRemedy(
  dependencies: Dependencies,
  found: BreakRecord,
  remedy: 'suspense' | 'booked_fee',
): Promise<void> {
  if (found.against === 'bank') return suspendBankEntry(dependencies, found);
  const [against, why] =
    remedy === 'suspense'
      ? (['suspense', 'nobody here knows it: break'] as const)
      : (['psp_fees', 'fee differs by break'] as const);
  await bookDifferences(dependencies, found, against, `${why} ${found.breakId}`);
}

interface Done {
  readonly remedy: Remedy;
  readonly note: string;
}
const nothing = (note: string): Done => ({ remedy: 'none', note });

async function remedyOf(dependencies: Dependencies, found: BreakRecord): Promise<Done> {
  if (found.against === 'bank')
    return found.class === 'unknown'
      ? book(dependencies, found, 'suspense', 'the money at the bank is in suspense')
      : nothing('what the bank says is for a person');
  switch (found.class) {
    case 'fee':
      return bookFee(dependencies, found);
    case 'missing_here':
    case 'duplicate':
    case 'status':
    case 'unknown':
      return tell(dependencies, found);
    default:
      return nothing('a person decides');
  }
}

async function bookFee(dependencies: Dependencies, found: BreakRecord): Promise<Done> {
  const { reconciliation } = dependencies.databases;
  // The dispute's own process books the fee of each line: it may be about to, or has since our side was read. Booked here it would be there twice.
  if (await lacksOwnFee(reconciliation, found)) {
    const told = await tell(dependencies, found);
    return told.remedy === 'told' ? told : { remedy: 'told', note: "the dispute's own process books the fee" };
  }
  const differences = await differencesOf(reconciliation, found);
  if (needsTwoPersons(await breakRules(dependencies.databases, found.merchantId), differences))
    return nothing('the fee differs by more than may be booked without two persons');
  return book(dependencies, found, 'booked_fee', 'the difference is booked as a fee of the PSP');
}

const claims: Readonly<Partial<Record<string, PspClaim>>> = {
  charge: 'succeeded',
  refund: 'refund_changed',
  dispute: 'dispute_changed',
  transfer: 'payout_changed',
};

/** Tells the payment's own process of each of the PSP's lines; what no process of ours knows goes to suspense. */
async function tell(dependencies: Dependencies, found: BreakRecord): Promise<Done> {
  const world = eventWorld(dependencies);
  const outcomes: NewsOutcome[] = [];
  for (const line of await linesOfBreak(dependencies.databases.reconciliation, found)) {
    const claim = claims[line.family];
    if (claim === undefined) continue;
    const { family, id } = idOfKey(line.ownKey ?? '');
    const subject: PspSubject = {
      claim,
      payment: line.parent,
      object: line.source ?? line.lineId,
      amountMinor: claim === 'payout_changed' ? null : (line.amount < 0n ? -line.amount : line.amount).toString(),
      currency: line.currency,
      ...(claim === 'refund_changed' && { status: line.amount > 0n ? 'failed' : 'succeeded' }),
      metadata: {
        ...(line.paymentOrderId !== null && { payment_order_id: line.paymentOrderId }),
        ...(family === 'refund' && { refund_id: id }),
        ...(family === 'transfer' && { payout_id: id }),
      },
    };
    const { merchantId, breakId } = found;
    const news = {
      merchantId,
      paymentOrderId: line.paymentOrderId,
      checkoutId: null,
      account: null,
      occurredAt: line.createdAt,
      subject,
      heardFrom: `settlement line ${line.lineId} (break ${breakId})`,
    };
    const outcome = await actOnNews(world, news);
    outcomes.push(outcome.state === 'parked' ? await wake(dependencies, found, outcome) : outcome);
  }
  const told = outcomes.find(({ state }) => state === 'applied');
  if (told !== undefined)
    return { remedy: 'told', note: told.reason ?? "the payment's own process was told, and has asked the PSP" };
  const nobodyKnows = outcomes.every(({ state }) => state === 'parked' || state === 'ignored');
  if ((found.class === 'missing_here' || found.class === 'unknown') && nobodyKnows)
    return book(dependencies, found, 'suspense', 'the money is in suspense until somebody says whose it is');
  return nothing(outcomes[0]?.reason ?? 'no process of ours has anything to learn from it');
}

/** A workflow that should hear of it does not run: its checkout is started again, and asks the PSP first. */
async function wake(
  { databases, orchestrator }: Dependencies,
  { merchantId, paymentOrderId }: BreakRecord,
  parked: NewsOutcome,
): Promise<NewsOutcome> {
  const order =
    paymentOrderId === null ? undefined : await findPaymentOrder(databases.payments, { merchantId, paymentOrderId });
  if (order === undefined) return parked;
  if (order.paymentOrderStatus === 'SUCCESS' || order.paymentOrderStatus === 'FAILED')
    return { state: 'no_change', reason: parked.reason };
  await orchestrator.startCheckout(merchantId, order.checkoutId);
  return { state: 'applied', reason: "the checkout's workflow was started again" };
}

/** Makes our side of a mismatch equal the PSP's, a linked transaction per currency with the reason. Done once, whatever comes between. */
async function bookDifferences(
  { databases }: Dependencies,
  found: BreakRecord,
  against: 'suspense' | 'psp_fees' | 'psp_adjustments',
  reason: string,
): Promise<void> {
  const { merchantId, breakId, paymentOrderId } = found;
  for (const { currency, amountMinor, feeMinor } of await differencesOf(databases.reconciliation, found)) {
    for (const [leg, differenceMinor] of [
      [`amount.${currency}`, amountMinor],
      [`fee.${currency}`, feeMinor],
    ] as const) {
      const source = { type: 'break', id: breakId, leg } as const;
      if (differenceMinor === 0n || (await isPosted(databases.ledger, merchantId, source))) continue;
      await post(databases.ledger, {
        merchantId,
        source,
        paymentOrderId,
        currency,
        posting: {
          kind: 'reconciliation_correction',
          lines: correctionPosting(differenceMinor, against),
          seller: null,
        },
        effectiveAt: new Date(),
        reason,
      });
    }
  }
}

/**
 * Books what a person has decided about a mismatch, where that changes the book. A retry is safe: each posting has the break as
 * its unique source.
 */
export async function settleCase(dependencies: Dependencies, key: BreakKey): Promise<void> {
  const found = await mustFind(dependencies, key);
  if (found.state !== 'resolved' || found.outcome !== 'psp_is_right') return;
  const reason = `${found.resolution ?? ''} (break ${found.breakId})`;
  if (found.against === 'bank') return correctBankEntry(dependencies, found, reason);
  await bookDifferences(dependencies, found, 'psp_adjustments', reason);
  await compareAgain(dependencies, key);
}

/** Reads and compares both sides of a case's account once more. A retry is safe: it comes to the same (R8). */
export async function compareAgain(dependencies: Dependencies, key: BreakKey): Promise<void> {
  const { account, settlementDate } = await mustFind(dependencies, key);
  const day = await dayOfAccount(dependencies, account, settlementDate);
  await collectOurSide(dependencies, day);
  // What was mended has its lines at the PSP by now.
  await importPspSide(dependencies, day);
  await matchSides(dependencies, day);
  await matchBankSide(dependencies, day);
}

/** Notes that people were reminded of a case. A retry is safe: the count only grows. */
export const remindOfCase = (
  { databases }: Dependencies,
  { given, overdue, ...key }: BreakKey & { given: number; overdue: boolean },
): Promise<void> => noteCaseReminder(databases.reconciliation, key, given, overdue);

/**
 * Takes a person's word on a mismatch; over the limit the first is a proposal, and a second person's settles it. A retry is
 * safe: the same word again changes nothing.
 *
 * @returns what became of it, for the person
 */
export async function resolveCase(
  { databases }: Dependencies,
  { by, outcome, ...key }: BreakKey & { by: RequestedBy; outcome: BreakOutcome },
): Promise<{ settled: boolean; message: string }> {
  const answer = await settleByPerson(databases, key, by, outcome);
  switch (answer.outcome) {
    case 'resolved':
      return { settled: true, message: `resolved: ${outcome}` };
    case 'proposed':
      return { settled: false, message: 'proposed: another person must agree, it is over the limit' };
    case 'other_proposal':
      return { settled: false, message: `refused: ${answer.detail}` };
    case 'already_final':
      return { settled: true, message: `refused: it is ${answer.detail} already` };
  }
}

/** Mismatches about which something was done, whose effect is still to show. A retry is safe: it reads. */
export async function stillMending(
  dependencies: Dependencies,
  { merchants }: Pick<ReconciliationDay, 'merchants'>,
): Promise<{ mending: number }> {
  heartbeat();
  const since = new Date(Date.now() - windowsOf(dependencies).mendingSeconds * 1000);
  const waiting = (Object.keys(treatmentOf) as BreakClass[]).filter((name) => treatmentOf[name] === 'auto');
  return { mending: await countMending(dependencies.databases.reconciliation, merchants, since, waiting) };
}

/** Wakes the cases of mismatches that are settled since a time. A retry is safe: a case that hears twice reads its row twice. */
export async function wakeSettledCases(
  { databases, orchestrator }: Dependencies,
  { merchants, since }: { merchants: readonly string[]; since: string },
): Promise<void> {
  for (const { merchantId, breakId } of await settledSince(
    databases.reconciliation,
    merchants,
    new Date(since),
    mostCases * 4,
  )) {
    heartbeat();
    await orchestrator.signal(workflowIds.break(merchantId, breakId), 'review');
  }
}
