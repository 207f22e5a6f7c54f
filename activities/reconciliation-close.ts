import { heartbeat } from '@temporalio/activity';
import { carriersOf } from '../domain/identifiers';
import { amountText } from '../domain/money';
import { settlementPosting } from '../domain/reconciliation';
import { checkLedger } from '../ledger-check';
import { checkoutsThatContradict, knownCheckouts, onlyOrderOf, unsettledCheckouts } from '../prisma/checkout';
import { balancesOfAccount } from '../prisma/ledger-report';
import { post } from '../prisma/ledger';
import { connectedAccounts, type ConnectedAccount } from '../prisma/payout';
import {
  balanceBefore,
  balancesOf,
  bookedSums,
  lineSums,
  noteBookingPosted,
  planBookings,
  saveBalance,
  settlementDay,
  unpostedBookings,
  type BalanceRecord,
  type RunCheck,
} from '../prisma/reconciliation';
import type { PaymentProvider } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { linkAllMissed } from './ledger-upkeep';
import { end, instantsOf, windowsOf, type ReconciliationDay, type ReconciliationResult } from './reconciliation';

const shown = 20;
const mostOrphans = 500;
const mostConnected = 1_000;
/** An account's balance says what it is now: days further back can't be worked out from it in reasonable time. */
const balanceDays = 8;
const looks = 4;
const pauseMs = 1_500;

/**
 * Books what agrees: what the PSP has moved becomes the balance there, less its fees (R2), one posting for all lines of a kind. A
 * retry is safe: lines are marked together with the plan of their posting, and a posting has its plan as its unique source.
 */
export async function bookSettledLines(dependencies: Dependencies, day: ReconciliationDay): Promise<void> {
  const { ledger, reconciliation } = dependencies.databases;
  for (const merchantId of day.merchants) {
    heartbeat();
    await planBookings(reconciliation, merchantId, day.account, day.date);
    await dependencies.failpoint('reconciliation.planned', day.date);
    for (const { bookingId, kind, currency, lines, amountMinor, feeMinor } of await unpostedBookings(
      reconciliation,
      merchantId,
    )) {
      heartbeat();
      const posting = {
        kind: `settlement_${kind}`,
        lines: settlementPosting(kind, amountMinor, feeMinor),
        seller: null,
      };
      if (posting.lines.length > 0)
        await post(ledger, {
          merchantId,
          source: { type: 'settlement', id: bookingId, leg: kind },
          paymentOrderId: null,
          currency,
          posting,
          effectiveAt: new Date(Math.min(Date.parse(day.to) - 1, Date.now())),
          reason: `${String(lines)} lines of ${day.account}, settlement day ${day.date}`,
        });
      await dependencies.failpoint('reconciliation.posted', day.date);
      await noteBookingPosted(reconciliation, { merchantId, bookingId });
    }
  }
}

/** Answers the night's own questions and ends the run. A retry is safe: it reads, and writes the same row. */
export async function closeRun(dependencies: Dependencies, day: ReconciliationDay): Promise<ReconciliationResult> {
  const checks = [...(await balanceChecks(dependencies, day)), ...(await insideChecks(dependencies, day))];
  return end(dependencies, day, checks);
}

const answer = (check: string, problems: readonly string[], looked: string): RunCheck => ({
  check,
  ok: problems.length === 0,
  details:
    problems.length === 0
      ? [looked]
      : [
          ...problems.slice(0, shown),
          ...(problems.length > shown ? [`and ${String(problems.length - shown)} more`] : []),
        ],
});

/** Whether opening + Σ net = closing for the platform's own and each connected account, and whether our book says the same. */
async function balanceChecks(dependencies: Dependencies, day: ReconciliationDay): Promise<RunCheck[]> {
  const name = 'opening + net = closing at the PSP';
  if (Date.now() - Date.parse(day.to) > balanceDays * 24 * 3_600_000)
    return [answer(name, [], 'too long ago: the PSP tells only what an account holds now')];
  const { reconciliation } = dependencies.databases;
  const provider = await dependencies.providerOf(day.account);
  // A closing that was read when the day was over stays: read later, it would hide lines that the PSP has left out since.
  const kept = new Map(
    (await balancesOf(reconciliation, day.account, day.date))
      .filter(({ readAt }) => readAt.getTime() >= Date.parse(day.to))
      .map((balance) => [`${balance.pspAccount} ${balance.currency}`, balance]),
  );
  const own = await ownBalances(dependencies, provider, day, kept);
  const connected = await connectedBalances(dependencies, provider, day, kept);
  const balances = [...own, ...connected];
  for (const balance of balances) await saveBalance(reconciliation, day.account, day.date, balance);
  const unfooted = balances.filter(({ opening, net, closing }) => opening + net !== closing);
  const unbooked = balances.filter(({ ledger, expectedLedger }) => ledger !== expectedLedger);
  const say = ({ pspAccount, currency }: BalanceRecord, more: bigint, words: string): string =>
    `${pspAccount}: ${words} ${amountText(more, currency)} ${currency}`;
  return [
    answer(
      name,
      unfooted.map((one) =>
        say(one, one.closing - one.opening - one.net, 'the PSP holds more than its lines explain by'),
      ),
      `${String(balances.length)} balances`,
    ),
    answer(
      'ledger = balance at the PSP',
      unbooked.map((one) => say(one, (one.ledger ?? 0n) - (one.expectedLedger ?? 0n), 'the ledger has more by')),
      `${String(balances.length)} balances`,
    ),
  ];
}

/** What an account holds, with the sum of its lines from a time on; read until nothing has moved between. */
async function standing(
  provider: PaymentProvider,
  from: Date,
  account?: string,
): Promise<{ now: ReadonlyMap<string, bigint>; since: Sums }> {
  const read = async () =>
    new Map((await provider.balance(account)).map(({ currency, amountMinor }) => [currency, amountMinor]));
  for (let look = 1; ; look += 1) {
    const before = await read();
    const since = await sumOfLines(provider, { from, ...(account !== undefined && { account }) });
    const now = await read();
    const same = [...new Set([...before.keys(), ...now.keys()])].every((one) => before.get(one) === now.get(one));
    if (same || look === looks) return { now, since };
    await new Promise((next) => setTimeout(next, pauseMs));
  }
}

/** What an account's lines come to, by currency. */
type Sums = ReadonlyMap<string, { readonly lines: number; readonly net: bigint }>;

async function sumOfLines(
  provider: PaymentProvider,
  span: { readonly from: Date; readonly to?: Date; readonly account?: string },
): Promise<Sums> {
  const sums = new Map<string, { lines: number; net: bigint }>();
  let after: string | null = null;
  do {
    heartbeat();
    const page: Awaited<ReturnType<PaymentProvider['settlementPage']>> = await provider.settlementPage(span, after);
    for (const { currency, netMinor } of page.lines) {
      const { lines, net } = sums.get(currency) ?? { lines: 0, net: 0n };
      sums.set(currency, { lines: lines + 1, net: net + netMinor });
    }
    after = page.next;
  } while (after !== null);
  return sums;
}

type Kept = ReadonlyMap<string, BalanceRecord>;

/** An account at the PSP, and where the other side of its balance is read. */
interface LookedAt {
  readonly pspAccount: string;
  /** Currencies that it may hold, beside those that the PSP tells. */
  readonly currencies: Iterable<string>;
  readonly standing: Awaited<ReturnType<typeof standing>>;
  readonly readAt: Date;
  readonly linesIn: (span: { readonly from: Date; readonly to: Date }) => Promise<Sums>;
  readonly inLedger: (currency: string, holds: bigint) => Promise<Pick<BalanceRecord, 'ledger' | 'expectedLedger'>>;
}

/** One account's day: it opened with what it closed with when it was looked at last, and what came between. */
async function balancesOfOne(
  { databases }: Dependencies,
  day: ReconciliationDay,
  kept: Kept,
  { pspAccount, currencies, standing: { now, since }, readAt, linesIn, inLedger }: LookedAt,
): Promise<BalanceRecord[]> {
  const { reconciliation } = databases;
  const { from, to } = instantsOf(day);
  const inDay = await linesIn({ from, to });
  const between = new Map<string, Sums>();
  const linesSince = async (date: string): Promise<Sums> => {
    const { to: left } = await settlementDay(reconciliation, date, day.timeZone);
    const sums = between.get(date) ?? (await linesIn({ from: left, to: from }));
    between.set(date, sums);
    return sums;
  };
  const balances: BalanceRecord[] = [];
  for (const currency of [...new Set([...now.keys(), ...inDay.keys(), ...currencies])].sort()) {
    const holds = now.get(currency) ?? 0n;
    const earlier = kept.get(`${pspAccount} ${currency}`);
    const closing = earlier?.closing ?? holds - (since.get(currency)?.net ?? 0n);
    const { lines, net } = inDay.get(currency) ?? { lines: 0, net: 0n };
    const before = await balanceBefore(reconciliation, day.account, pspAccount, currency, day.date);
    const opening =
      before === undefined
        ? closing - net
        : before.closing + ((await linesSince(before.date)).get(currency)?.net ?? 0n);
    balances.push({
      pspAccount,
      currency,
      opening,
      lines,
      net,
      closing,
      readAt: earlier?.readAt ?? readAt,
      ...(await inLedger(currency, holds)),
    });
  }
  return balances;
}

/** The platform's own account: its lines are here, and the ledger must hold what of them is booked. */
async function ownBalances(
  dependencies: Dependencies,
  provider: PaymentProvider,
  day: ReconciliationDay,
  kept: Kept,
): Promise<BalanceRecord[]> {
  const { reconciliation, ledger } = dependencies.databases;
  const { account, merchants } = day;
  const readAt = new Date();
  const now = await standing(provider, instantsOf(day).to);
  const booked = await bookedSums(reconciliation, account);
  const ours = await balancesOfAccount(ledger, merchants, 'psp_balance', 'settlement');
  return balancesOfOne(dependencies, day, kept, {
    pspAccount: account,
    currencies: booked.keys(),
    standing: now,
    readAt,
    linesIn: (span) => lineSums(reconciliation, account, span),
    inLedger: (currency) =>
      Promise.resolve({ ledger: ours.get(currency) ?? 0n, expectedLedger: booked.get(currency) ?? 0n }),
  });
}

/** Sellers' accounts that money was transferred to: what the PSP holds there, and what our book says is there. */
async function connectedBalances(
  dependencies: Dependencies,
  provider: PaymentProvider,
  day: ReconciliationDay,
  kept: Kept,
): Promise<BalanceRecord[]> {
  const { payouts } = dependencies.databases;
  const accounts = new Map<string, (ConnectedAccount & { merchantId: string })[]>();
  for (const merchantId of day.merchants)
    for (const one of await connectedAccounts(payouts, merchantId))
      accounts.set(one.payoutAccount, [...(accounts.get(one.payoutAccount) ?? []), { ...one, merchantId }]);
  const balances: BalanceRecord[] = [];
  for (const [pspAccount, ours] of [...accounts].slice(0, mostConnected)) {
    heartbeat();
    const readAt = new Date();
    const found = await balancesOfOne(dependencies, day, kept, {
      pspAccount,
      currencies: ours.map(({ currency }) => currency),
      standing: await standing(provider, instantsOf(day).to, pspAccount),
      readAt,
      linesIn: (span) => sumOfLines(provider, { ...span, account: pspAccount }),
      inLedger: (currency, holds) => ledgerOfConnected(dependencies, ours, currency, holds),
    });
    balances.push(...found);
  }
  return balances;
}

/** A payout leaves the account when the PSP makes it, and our book when it is paid. Read again while one of both is a step behind. */
async function ledgerOfConnected(
  { databases }: Dependencies,
  ours: readonly (ConnectedAccount & { merchantId: string })[],
  currency: string,
  holds: bigint,
): Promise<{ ledger: bigint; expectedLedger: bigint }> {
  for (let look = 1; ; look += 1) {
    let [ledger, underway] = [0n, 0n];
    for (const merchantId of new Set(ours.map((one) => one.merchantId))) {
      const fresh = await connectedAccounts(databases.payouts, merchantId);
      const sellers = new Set(ours.filter((one) => one.merchantId === merchantId).map((one) => one.sellerAccount));
      for (const seller of sellers) {
        const sums = await balancesOfAccount(databases.ledger, [merchantId], `connected:${seller}`);
        ledger += sums.get(currency) ?? 0n;
      }
      for (const one of fresh)
        if (sellers.has(one.sellerAccount) && one.currency === currency) underway += one.underwayMinor;
    }
    const expectedLedger = holds + underway;
    if (ledger === expectedLedger || look === looks) return { ledger, expectedLedger };
    await new Promise((next) => setTimeout(next, pauseMs));
  }
}

/** What must hold inside, whatever the PSP says: books prove themselves, flags tell the truth, and nothing is without its other half. */
async function insideChecks(dependencies: Dependencies, day: ReconciliationDay): Promise<RunCheck[]> {
  const { databases } = dependencies;
  await linkAllMissed(databases.ledger);
  heartbeat();
  const books = await checkLedger(databases, pauseMs, day.merchants);
  const contradicting: string[] = [];
  const withoutWorkflow: string[] = [];
  const withoutOrder: string[] = [];
  const before = new Date(Date.now() - windowsOf(dependencies).orphanSeconds * 1000);
  for (const merchantId of day.merchants) {
    heartbeat();
    for (const { checkoutId, isPaymentDone } of await checkoutsThatContradict(
      databases.payments,
      merchantId,
      mostOrphans,
    ))
      contradicting.push(
        `checkout ${checkoutId} of ${merchantId}: is_payment_done is ${String(isPaymentDone)}, its orders say otherwise`,
      );
    withoutWorkflow.push(...(await checkoutsWithoutWorkflow(dependencies, merchantId, before)));
    withoutOrder.push(...(await workflowsWithoutCheckout(dependencies, merchantId, before)));
  }
  const links = books.map(({ merchantId, links: count }) => `${merchantId}: ${count} links`).join(', ');
  return [
    answer(
      'wallet = ledger, trial balance, hash chain',
      books.flatMap(({ merchantId, problems }) => problems.map((problem) => `${merchantId}: ${problem}`)),
      links === '' ? 'no books yet' : links,
    ),
    answer('checkouts done = all their orders booked', contradicting, 'all checkouts'),
    answer('every open checkout has its workflow', withoutWorkflow, 'all open checkouts'),
    answer('every workflow has its checkout', withoutOrder, 'all running workflows'),
  ];
}

/** Open checkouts that nobody works on: they are started again at once, and told of. */
async function checkoutsWithoutWorkflow(
  { databases, orchestrator }: Dependencies,
  merchantId: string,
  before: Date,
): Promise<string[]> {
  const found: string[] = [];
  for (const checkout of await unsettledCheckouts(databases.payments, merchantId, before, mostOrphans)) {
    heartbeat();
    const { checkoutId } = checkout;
    const carriers = carriersOf({ ...checkout, onlyOrder: onlyOrderOf(checkout) });
    const states = await Promise.all(carriers.map((workflowId) => orchestrator.stateOf(workflowId)));
    if (states.includes('running')) continue;
    found.push(`checkout ${checkoutId} of ${merchantId} had no workflow: it was started again`);
    await orchestrator.startCheckout(merchantId, checkoutId);
  }
  return found;
}

async function workflowsWithoutCheckout(
  { databases, orchestrator }: Dependencies,
  merchantId: string,
  before: Date,
): Promise<string[]> {
  const ids = await orchestrator.runningCheckouts(merchantId, before, mostOrphans);
  const known = await knownCheckouts(databases.payments, merchantId, [...new Set(ids.values())]);
  return [...ids].flatMap(([workflowId, checkoutId]) =>
    known.has(checkoutId) ? [] : [`workflow ${workflowId} runs for a checkout that is not there`],
  );
}
