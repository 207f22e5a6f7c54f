import type { PaymentOrderStatus } from './payment-order';
import { isSettledRefund, type RefundStatus } from './refund';
import type { WalletChange } from './wallet';

/**
 * `proved`: it is over, and ledger, wallet and PSP say the same to the last unit. `in_progress`: they say the same so far, and
 * something is still to come. `broken`: two of them differ, and the failed checks say where.
 */
export type ProofVerdict = 'proved' | 'in_progress' | 'broken';

/** One thing that was compared, in words. */
export interface ProofCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** One entry of the ledger about the order. A debit is above zero. */
export interface ProofEntry {
  readonly transactionId: string;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly leg: string;
  readonly account: string;
  readonly balance: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** Everything that is known of one payment order, from every side. Minor units. */
export interface ProofFacts {
  readonly order: {
    readonly status: PaymentOrderStatus;
    readonly capturedMinor: bigint | null;
    readonly currency: string;
    readonly walletUpdated: boolean;
    readonly ledgerUpdated: boolean;
  };
  readonly refunds: readonly {
    readonly refundId: string;
    readonly status: RefundStatus;
    readonly reference: string | null;
  }[];
  readonly disputes: readonly {
    readonly disputeId: string;
    readonly closed: boolean;
    readonly lines: readonly string[];
  }[];
  readonly strays: readonly { readonly reference: string; readonly settled: boolean }[];
  readonly psp: {
    /** Null when the PSP has no payment for it. */
    readonly payment: { readonly receivedMinor: bigint; readonly refundedMinor: bigint } | null;
    readonly disputeLines: readonly { readonly lineId: string; readonly netMinor: bigint }[];
  };
  readonly entries: readonly ProofEntry[];
  readonly movements: readonly (WalletChange & {
    readonly sourceType: string;
    readonly sourceId: string;
    readonly leg: string;
  })[];
  readonly links: readonly { readonly transactionId: string; readonly fits: boolean }[];
}

/** Compares the sides of one payment order and says what they prove. Pure: same facts, same verdict. */
export function prove(facts: ProofFacts): { readonly verdict: ProofVerdict; readonly checks: readonly ProofCheck[] } {
  const checks = [
    balanced(facts),
    flags(facts),
    moneyIn(facts),
    clearing(facts),
    disputeLines(facts),
    strays(facts),
    wallets(facts),
    chain(facts),
  ];
  const open = openEnds(facts);
  const broken = checks.some(({ ok }) => !ok);
  return {
    verdict: broken ? 'broken' : open.length > 0 ? 'in_progress' : 'proved',
    checks: [
      ...checks,
      {
        check: 'nothing_open',
        ok: open.length === 0,
        detail: open.length === 0 ? 'nothing is still to come' : open.join('; '),
      },
    ],
  };
}

const check = (name: string, ok: boolean, detail: string): ProofCheck => ({ check: name, ok, detail });
const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);
const isStray = ({ sourceType }: ProofEntry): boolean => sourceType === 'psp_payment';

function balanced({ entries }: ProofFacts): ProofCheck {
  const sums = new Map<string, bigint>();
  for (const { transactionId, currency, amountMinor } of entries)
    sums.set(`${transactionId} ${currency}`, (sums.get(`${transactionId} ${currency}`) ?? 0n) + amountMinor);
  const off = [...sums].filter(([, sum]) => sum !== 0n).map(([name]) => name);
  return check(
    'ledger_balanced',
    off.length === 0,
    off.length === 0 ? `${String(sums.size)} transactions sum to zero` : `not zero: ${off.join(', ')}`,
  );
}

function flags({ order }: ProofFacts): ProofCheck {
  const ok = order.status !== 'SUCCESS' || (order.walletUpdated && order.ledgerUpdated);
  return check(
    'order_booked',
    ok,
    `the order is ${order.status}, wallet_updated ${String(order.walletUpdated)}, ledger_updated ${String(order.ledgerUpdated)}`,
  );
}

function moneyIn({ order, psp }: ProofFacts): ProofCheck {
  const [ours, theirs] = [order.capturedMinor ?? 0n, psp.payment?.receivedMinor ?? 0n];
  return check('captured_amount', ours === theirs, `captured ${ours.toString()} here, ${theirs.toString()} at the PSP`);
}

/** What the PSP holds of the order must be what the ledger says it holds, refunds on their way counted as gone. */
function clearing({ entries, psp }: ProofFacts): ProofCheck {
  const own = entries.filter((entry) => !isStray(entry));
  const on = (account: string): bigint =>
    sumOf(own.filter((entry) => entry.account === account).map((entry) => entry.amountMinor));
  const ours = on('psp_clearing') + on('refunds_in_transit');
  const theirs =
    (psp.payment === null ? 0n : psp.payment.receivedMinor - psp.payment.refundedMinor) +
    sumOf(psp.disputeLines.map((line) => line.netMinor));
  return check('psp_clearing', ours === theirs, `the ledger says ${ours.toString()}, the PSP ${theirs.toString()}`);
}

function disputeLines({ disputes, psp }: ProofFacts): ProofCheck {
  const [ours, theirs] = [disputes.flatMap((dispute) => dispute.lines), psp.disputeLines.map((line) => line.lineId)];
  const same = ours.length === theirs.length && ours.every((line) => theirs.includes(line));
  return check('dispute_lines', same, `${String(ours.length)} lines booked, ${String(theirs.length)} at the PSP`);
}

function strays({ strays: found, entries }: ProofFacts): ProofCheck {
  const left = found
    .filter(({ settled }) => settled)
    .flatMap(({ reference }) => {
      const accounts = new Map<string, bigint>();
      for (const entry of entries.filter((candidate) => isStray(candidate) && candidate.sourceId === reference))
        accounts.set(entry.account, (accounts.get(entry.account) ?? 0n) + entry.amountMinor);
      return [...accounts.values()].some((amount) => amount !== 0n) ? [reference] : [];
    });
  return check(
    'strays_returned',
    left.length === 0,
    left.length === 0 ? `${String(found.length)} stray payments` : `money is left of ${left.join(', ')}`,
  );
}

/** Each posting moved the wallet by exactly what it moved the seller's accounts. */
function wallets({ entries, movements }: ProofFacts): ProofCheck {
  const name = (of: { sourceType: string; sourceId: string; leg: string }): string =>
    `${of.sourceType}/${of.sourceId}/${of.leg}`;
  const changes = new Map<string, Record<string, bigint>>();
  for (const entry of entries) {
    if (entry.balance === null) continue;
    const change = changes.get(name(entry)) ?? {};
    change[entry.balance] =
      (change[entry.balance] ?? 0n) + (entry.balance === 'owed' ? entry.amountMinor : -entry.amountMinor);
    changes.set(name(entry), change);
  }
  const moved = new Map(movements.map((movement) => [name(movement), movement]));
  const off = [...changes].filter(([source, change]) => {
    const movement = moved.get(source);
    const same = (balance: string, minor: bigint | undefined): boolean => (change[balance] ?? 0n) === (minor ?? 0n);
    return !(
      same('pending', movement?.pendingMinor) &&
      same('available', movement?.availableMinor) &&
      same('reserved', movement?.reservedMinor) &&
      same('owed', movement?.owedMinor)
    );
  });
  return check(
    'wallet_follows',
    off.length === 0,
    off.length === 0
      ? `${String(changes.size)} postings moved the wallet`
      : `the wallet differs for ${off.map(([source]) => source).join(', ')}`,
  );
}

function chain({ entries, links }: ProofFacts): ProofCheck {
  const changed = links.filter(({ fits }) => !fits).map(({ transactionId }) => transactionId);
  const total = new Set(entries.map((entry) => entry.transactionId)).size;
  return check(
    'hash_chain',
    changed.length === 0,
    changed.length === 0
      ? `${String(links.length)} of ${String(total)} transactions are in the chain, and fit`
      : `changed: transaction ${changed.join(', ')}`,
  );
}

function openEnds({ order, refunds, disputes, strays: found }: ProofFacts): string[] {
  return [
    ...(order.status === 'NOT_STARTED' || order.status === 'EXECUTING' ? [`the order is ${order.status}`] : []),
    ...refunds
      .filter(({ status }) => !isSettledRefund(status))
      .map(({ refundId, status }) => `refund ${refundId} is ${status}`),
    ...disputes.filter(({ closed }) => !closed).map(({ disputeId }) => `dispute ${disputeId} is open`),
    ...found.filter(({ settled }) => !settled).map(({ reference }) => `payment ${reference} is on its way back`),
  ];
}
