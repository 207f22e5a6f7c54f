import { workflowIds } from '../domain/identifiers';
import type { PaymentOrderStatus } from '../domain/payment-order';
import { prove, type ProofCheck, type ProofEntry, type ProofVerdict } from '../domain/proof';
import type { RefundStatus } from '../domain/refund';
import { findDisputesOfOrder } from '../prisma/dispute';
import { entriesOfOrder, linksOf, type JournalLine } from '../prisma/ledger-report';
import { findPaymentOrder, type PaymentOrderRecord } from '../prisma/payment-order';
import { operationsOf } from '../prisma/psp-operation';
import { opsActionsOf } from '../prisma/ops-action';
import { refundsOf } from '../prisma/refund';
import { strayPaymentsOf } from '../prisma/stray-payment';
import { movementsOf } from '../prisma/wallet';
import type { PaymentOutcome } from '../providers/provider';
import type { Dependencies, RunRecord } from './dependencies';
import { failure } from './failure';
import { mustFindCheckout } from './rows';

interface OrderKey {
  readonly merchantId: string;
  readonly paymentOrderId: string;
}

/** A payment order from every side, as it is shown. Amounts in minor units, as strings; debits above zero. */
export interface PaymentProof {
  readonly verdict: ProofVerdict;
  readonly checks: readonly ProofCheck[];
  readonly operations: readonly Readonly<Record<string, string | number | null>>[];
  readonly transactions: readonly {
    readonly transaction_id: string;
    readonly source: string;
    readonly kind: string;
    readonly reason: string | null;
    readonly effective_at: string;
    readonly recorded_at: string;
    readonly chained: boolean;
    readonly entries: readonly { readonly account: string; readonly currency: string; readonly amount_minor: string }[];
  }[];
  readonly psp: {
    readonly payment: string | null;
    readonly charge: string | null;
    readonly status: string;
    readonly refunds: readonly {
      readonly refund_id: string;
      readonly reference: string | null;
      readonly status: string;
    }[];
    readonly disputes: readonly {
      readonly dispute_id: string;
      readonly status: string;
      readonly lines: readonly string[];
    }[];
    readonly strays: readonly { readonly reference: string; readonly state: string }[];
  };
  readonly ops_actions: readonly Readonly<Record<string, string | null>>[];
  /** As long as Temporal keeps them; nothing above depends on them. */
  readonly workflows: readonly RunRecord[];
}

/**
 * Puts together what rows, ledger, wallet, PSP and workflow histories say of one payment order over its whole life, and
 * judges it. A retry is safe: it reads.
 */
export async function provePayment(dependencies: Dependencies, key: OrderKey): Promise<PaymentProof> {
  const { databases } = dependencies;
  const order = await findPaymentOrder(databases.payments, key);
  if (order === undefined) throw failure('NotFound', `there is no payment order ${key.paymentOrderId}`);
  const refunds = await refundsOf(databases.payments, key);
  const disputes = await findDisputesOfOrder(databases.payments, key);
  const strays = await strayPaymentsOf(databases.payments, key);
  const lines = await entriesOfOrder(
    databases.ledger,
    key.merchantId,
    key.paymentOrderId,
    strays.map((stray) => stray.pspReference),
  );
  const sources = [...new Set(lines.map((line) => line.sourceId))];
  const links = await linksOf(databases.ledger, [...new Set(lines.map((line) => line.transactionId))]);
  const provider = await dependencies.providerOf(key.merchantId);
  const standing: PaymentOutcome | null =
    order.pspReference === null ? null : await provider.retrieve(order.pspReference);
  const told = await Promise.all(disputes.map((dispute) => provider.disputes.read(dispute.disputeId)));
  const { verdict, checks } = prove({
    order: {
      status: order.paymentOrderStatus as PaymentOrderStatus,
      capturedMinor: order.capturedAmount,
      currency: order.currency,
      walletUpdated: order.walletUpdated,
      ledgerUpdated: order.ledgerUpdated,
    },
    refunds: refunds.map((refund) => ({
      refundId: refund.refundId,
      status: refund.refundStatus as RefundStatus,
      reference: refund.pspReference,
    })),
    disputes: disputes.map((dispute) => ({
      disputeId: dispute.disputeId,
      closed: dispute.closedAt !== null,
      lines: dispute.lines.map((line) => line.lineId),
    })),
    strays: strays.map((stray) => ({ reference: stray.pspReference, settled: stray.settledAt !== null })),
    psp: {
      payment:
        standing?.outcome === 'succeeded'
          ? { receivedMinor: BigInt(standing.receivedMinor), refundedMinor: BigInt(standing.refundedMinor) }
          : null,
      disputeLines: told.flatMap((dispute) =>
        dispute.lines.map((line) => ({
          lineId: line.lineId,
          netMinor: BigInt(line.amountMinor) - BigInt(line.feeMinor),
        })),
      ),
    },
    entries: lines.map(entryOf),
    movements: await movementsOf(databases.wallet, key.merchantId, sources),
    links: links.map(({ transactionId, fits }) => ({ transactionId: transactionId.toString(), fits })),
  });
  const chained = new Set(links.map(({ transactionId }) => transactionId));
  return {
    verdict,
    checks,
    operations: await operationsOf(databases.payments, key),
    transactions: transactionsOf(lines, chained),
    psp: {
      payment: order.pspReference,
      charge: order.pspChargeReference,
      status: standing?.outcome ?? 'none',
      refunds: refunds.map((refund) => ({
        refund_id: refund.refundId,
        reference: refund.pspReference,
        status: refund.refundStatus,
      })),
      disputes: told.map((dispute) => ({
        dispute_id: dispute.reference,
        status: dispute.status,
        lines: dispute.lines.map((line) => line.lineId),
      })),
      strays: strays.map((stray) => ({ reference: stray.pspReference, state: stray.state })),
    },
    ops_actions: await opsActionsOf(databases.payments, key),
    workflows: await runsOf(dependencies, order, [
      ...refunds.map((refund) => workflowIds.refund(key.merchantId, refund.refundId)),
      ...disputes.map((dispute) => workflowIds.dispute(key.merchantId, dispute.disputeId)),
      ...strays.map((stray) => workflowIds.strayPayment(key.merchantId, stray.pspReference)),
    ]),
  };
}

const entryOf = (line: JournalLine): ProofEntry => ({
  transactionId: line.transactionId.toString(),
  sourceType: line.sourceType,
  sourceId: line.sourceId,
  leg: line.leg,
  account: line.account,
  balance: line.balance,
  currency: line.currency,
  amountMinor: line.amountMinor,
});

function transactionsOf(lines: readonly JournalLine[], chained: ReadonlySet<bigint>): PaymentProof['transactions'] {
  return [...new Set(lines.map((line) => line.transactionId))].flatMap((transactionId) => {
    const own = lines.filter((line) => line.transactionId === transactionId);
    const [first] = own;
    if (first === undefined) return [];
    return [
      {
        transaction_id: transactionId.toString(),
        source: `${first.sourceType}/${first.sourceId}/${first.leg}`,
        kind: first.kind,
        reason: first.reason,
        effective_at: first.effectiveAt.toISOString(),
        recorded_at: first.recordedAt.toISOString(),
        chained: chained.has(transactionId),
        entries: own.map((line) => ({
          account: line.account,
          currency: line.currency,
          amount_minor: line.amountMinor.toString(),
        })),
      },
    ];
  });
}

/** The runs that had to do with an order: its own in every round, its checkout's, and those of what came after. */
async function runsOf(
  { databases, orchestrator }: Dependencies,
  order: PaymentOrderRecord,
  later: readonly string[],
): Promise<RunRecord[]> {
  const { merchantId, paymentOrderId, checkoutId } = order;
  const { round } = await mustFindCheckout(databases, order);
  const rounds = Array.from({ length: round }, (_, index) => index + 1);
  const ids = [
    ...rounds.map((number) => workflowIds.checkout(merchantId, checkoutId, number)),
    ...rounds.map((number) => workflowIds.paymentOrder(merchantId, paymentOrderId, number)),
    ...later,
  ];
  const runs = await Promise.all(ids.map((id) => orchestrator.recordOf(id)));
  return runs.filter((run) => run !== undefined);
}
