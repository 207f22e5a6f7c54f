import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connection, Client } from '@temporalio/client';
import type pg from 'pg';
import Stripe from 'stripe';
import type { RunFile } from '../local/stack';
import type { Findings } from './findings';
import { canary, foreign, type Acknowledged } from './load';

interface PspPayment {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly amount_refunded: number;
  readonly metadata: Record<string, string>;
}

interface OrderRow {
  readonly id: string;
  readonly status: string;
  readonly phase: string;
  readonly attempt: number;
  readonly reference: string | null;
  readonly amount: string;
  readonly wallet_updated: boolean;
  readonly ledger_updated: boolean;
}

/** Runs of the product's own upkeep: they end with the minute they had, and the next one begins. */
const upkeep = /^(sweeper|psp-events|availability|ledger-chain|ledger-check|rates|housekeeping)/;

/**
 * Judges from outside: reads Postgres, the PSP's own objects and Temporal, and shares no code with what it judges. Letters are
 * those of the invariants in `docs/evidence.md`.
 */
export class Oracle {
  private readonly stripe: Stripe;
  private seenEntries: { readonly until: string; readonly digest: string } | undefined;

  constructor(
    private readonly run: RunFile,
    private readonly database: pg.Pool,
    private readonly secretKey: string,
    private readonly home: string,
    private readonly findings: Findings,
  ) {
    const { hostname, port } = new URL(run.pspUrl ?? '');
    this.stripe = new Stripe(secretKey, { host: hostname, port: Number(port), protocol: 'http', maxNetworkRetries: 5 });
  }

  /** What must hold at every moment. A database that is away is asked again later. */
  async whileItRuns(): Promise<boolean> {
    try {
      await this.balancedEntries();
      await this.walletsFollow();
      await this.nothingOverdrawn();
      await this.appendOnly();
      return true;
    } catch (error) {
      if ((error as { code?: string }).code?.startsWith('42') === true) throw error;
      return false;
    }
  }

  /** What must hold once everything has settled. */
  async whenAllIsQuiet(acknowledged: readonly Acknowledged[], foreignMinor: number): Promise<void> {
    if (!(await this.whileItRuns())) throw new Error('the database is away, and nothing is broken any more');
    const payments = await this.payments();
    await this.chargesAreOrders(payments);
    await this.refundsAgree();
    await this.payoutsAgree();
    await this.moneyAgrees(payments);
    await this.walletsAreLedgers();
    await this.flagsAgree();
    await this.acknowledgedIsThere(acknowledged);
    await this.eventsSettled();
    await this.strangersInSuspense(foreignMinor);
    await this.eventsOut();
    await this.nothingFailed();
    await this.nothingLeaked();
  }

  /** V9: orders that are not final, and for which nobody is waited and nobody is called. */
  async forgotten(): Promise<string[]> {
    const { rows } = await this.database.query<{ id: string; phase: string }>(
      `SELECT payment_order_id AS id, phase FROM payments.payment_order o JOIN payments.checkout c USING (merchant_id, checkout_id)
       WHERE payment_order_status IN ('NOT_STARTED', 'EXECUTING') AND checkout_status <> 'awaiting_buyer'
         AND phase NOT IN ('needs_attention', 'requires_action', 'processing', 'authorized')`,
    );
    return rows.map(({ id, phase }) => `order ${id} is ${phase}`);
  }

  /** What an operator would find to be done, as process ids. */
  async callingForPeople(): Promise<string[]> {
    const { rows } = await this.database.query<{ id: string }>(
      `SELECT 'payment_order:' || payment_order_id AS id FROM payments.payment_order WHERE phase = 'needs_attention'
       UNION ALL SELECT 'refund:' || refund_id FROM payments.refund WHERE refund_status = 'needs_attention'
       UNION ALL SELECT 'payout:' || payout_id FROM payouts.payout WHERE payout_status = 'needs_attention'`,
    );
    return rows.map(({ id }) => id);
  }

  /** How much is not at its end yet. */
  async unfinished(): Promise<string[]> {
    const { rows } = await this.database.query<{ what: string }>(
      `SELECT 'order ' || payment_order_id || ' ' || phase AS what FROM payments.payment_order WHERE payment_order_status IN ('NOT_STARTED', 'EXECUTING')
       UNION ALL SELECT 'checkout ' || checkout_id || ' ' || checkout_status FROM payments.checkout WHERE checkout_status IN ('open', 'awaiting_buyer')
       UNION ALL SELECT 'refund ' || refund_id || ' ' || refund_status FROM payments.refund WHERE refund_status NOT IN ('succeeded', 'failed', 'voided')
       UNION ALL SELECT 'payout ' || payout_id || ' ' || payout_status FROM payouts.payout WHERE payout_status NOT IN ('in_transit', 'paid', 'failed', 'returned', 'refused')
       UNION ALL SELECT 'stray ' || psp_reference || ' ' || state FROM payments.stray_payment WHERE state IN ('open', 'refunding')
       UNION ALL SELECT 'event ' || event_id || ' ' || state FROM payments.psp_event WHERE state IN ('received', 'parked') AND coalesce(payment_order_id, '') NOT LIKE '${foreign}%'
       UNION ALL SELECT 'dispute ' || dispute_id FROM payments.dispute WHERE closed_at IS NULL
       UNION ALL SELECT 'outbox ' || resource_id FROM payments.outbox
       UNION ALL SELECT 'unchained ' || transaction_id FROM ledger.transaction t WHERE NOT EXISTS (SELECT FROM ledger.chain c WHERE c.transaction_id = t.transaction_id)`,
    );
    return rows.map(({ what }) => what);
  }

  /** V1: entries sum to zero, per transaction and currency. */
  private balancedEntries = (): Promise<void> =>
    this.none(
      'V1',
      `SELECT 'transaction ' || transaction_id || ' sums to ' || sum(amount) || ' ' || currency AS problem
       FROM ledger.entry GROUP BY transaction_id, currency HAVING sum(amount) <> 0`,
    );

  /**
   * V3 while it runs: a wallet is the sum of its movements; a movement and the posting of the same source say the same. One of the two
   * may still be to come, and for the postings of a payment order the wallet's may be the first.
   */
  private walletsFollow = (): Promise<void> =>
    this.none(
      'V3',
      `WITH moved AS (
         SELECT merchant_id, seller_account, currency, sum(pending_change) AS pending, sum(available_change) AS available, sum(reserved_change) AS reserved, sum(owed_change) AS owed
         FROM wallet.movement GROUP BY 1, 2, 3),
       posted AS (
         SELECT t.merchant_id, t.source_type, t.source_id, t.leg, a.seller, a.currency,
                coalesce(sum(-e.amount) FILTER (WHERE a.balance = 'pending'), 0) AS pending, coalesce(sum(-e.amount) FILTER (WHERE a.balance = 'available'), 0) AS available,
                coalesce(sum(-e.amount) FILTER (WHERE a.balance = 'reserved'), 0) AS reserved, coalesce(sum(e.amount) FILTER (WHERE a.balance = 'owed'), 0) AS owed
         FROM ledger.transaction t JOIN ledger.entry e USING (transaction_id) JOIN ledger.account a USING (account_id)
         WHERE a.seller IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6)
       SELECT 'wallet of ' || w.seller_account || ' is not the sum of its movements' AS problem
       FROM wallet.wallet w LEFT JOIN moved m USING (merchant_id, seller_account, currency)
       WHERE (w.pending, w.available, w.reserved, w.owed) IS DISTINCT FROM (coalesce(m.pending, 0), coalesce(m.available, 0), coalesce(m.reserved, 0), coalesce(m.owed, 0))
       UNION ALL
       SELECT 'movement ' || concat_ws('/', m.source_type, m.source_id, m.leg) || ' is not what was posted'
       FROM wallet.movement m JOIN posted p ON (p.merchant_id, p.source_type, p.source_id, p.leg, p.seller, p.currency) = (m.merchant_id, m.source_type, m.source_id, m.leg, m.seller_account, m.currency)
       WHERE (m.pending_change, m.available_change, m.reserved_change, m.owed_change) <> (p.pending, p.available, p.reserved, p.owed)
       UNION ALL
       SELECT 'movement ' || concat_ws('/', m.source_type, m.source_id, m.leg) || ' came before its posting'
       FROM wallet.movement m LEFT JOIN ledger.transaction t USING (merchant_id, source_type, source_id, leg)
       WHERE t.transaction_id IS NULL AND m.source_type <> 'payment_order'`,
    );

  /** V7: refunded at most what was captured; nobody's balance below nothing. */
  private nothingOverdrawn = (): Promise<void> =>
    this.none(
      'V7',
      `SELECT 'order ' || o.payment_order_id || ': refunded ' || sum(r.amount) || ' of ' || o.captured_amount AS problem
       FROM payments.payment_order o JOIN payments.refund r USING (merchant_id, payment_order_id)
       WHERE r.refund_status <> 'failed' AND r.method <> 'void' GROUP BY o.merchant_id, o.payment_order_id, o.captured_amount HAVING sum(r.amount) > o.captured_amount
       UNION ALL
       SELECT 'seller ' || seller || ' has ' || least(available, reserved, owed) FROM ledger.seller_position WHERE least(available, reserved, owed) < 0`,
    );

  /** V10: what was once written stays as it was. Nothing is still being committed that was begun a minute ago. */
  private async appendOnly(): Promise<void> {
    const digest = async (until: string): Promise<string> => {
      const { rows } = await this.database.query<{ digest: string | null }>(
        `SELECT md5(string_agg(concat_ws(',', e.entry_id, e.transaction_id, e.account_id, e.amount, e.currency, t.source_type, t.source_id, t.leg), ';' ORDER BY entry_id)) AS digest
         FROM ledger.entry e JOIN ledger.transaction t USING (transaction_id) WHERE t.recorded_at < $1`,
        [until],
      );
      return rows[0]?.digest ?? '';
    };
    const before = this.seenEntries;
    if (before !== undefined && (await digest(before.until)) !== before.digest)
      this.violation('V10', `entries from before ${before.until} are not what they were`);
    const [until = ''] = await this.column("SELECT (now() - interval '60 seconds')::text");
    this.seenEntries = { until, digest: await digest(until) };
  }

  private async payments(): Promise<PspPayment[]> {
    const response = await fetch(`${this.run.pspUrl ?? ''}/_sandbox/payments`);
    return ((await response.json()) as { payments: PspPayment[] }).payments;
  }

  /** V2, V4, V6, V8: every successful charge is one order's, or went back. */
  private async chargesAreOrders(payments: readonly PspPayment[]): Promise<void> {
    const { rows: orders } = await this.database.query<OrderRow>(
      `SELECT payment_order_id AS id, payment_order_status AS status, phase, business_attempt AS attempt, psp_reference AS reference, coalesce(captured_amount, amount)::text AS amount, wallet_updated, ledger_updated
       FROM payments.payment_order`,
    );
    const strays = new Set(await this.column('SELECT psp_reference FROM payments.stray_payment'));
    const given = new Map(
      (
        await this.database.query<{ id: string; amount: string }>(
          "SELECT payment_order_id AS id, sum(amount)::text AS amount FROM payments.refund WHERE refund_status = 'succeeded' AND method <> 'void' GROUP BY 1",
        )
      ).rows.map(({ id, amount }) => [id, BigInt(amount)]),
    );
    const known = new Map(orders.map((order) => [order.id, order]));
    const charged = new Map<string, PspPayment[]>();
    for (const payment of payments) {
      if (payment.status !== 'succeeded' && payment.status !== 'requires_capture') continue;
      const id = payment.metadata['payment_order_id'] ?? '';
      if (!known.has(id) && !isForeign(payment.metadata))
        this.violation('V2', `charge ${payment.id} belongs to no order`);
      if (payment.status === 'requires_capture')
        this.violation('V8', `payment ${payment.id} of order ${id} is still authorized`);
      else charged.set(id, [...(charged.get(id) ?? []), payment]);
    }
    // A second attempt may follow a first one that was lost; one attempt makes one charge, even if another is given back.
    const attempts = new Map<string, number>();
    for (const { metadata: ids, status } of payments) {
      if (ids['operation'] === undefined || !['succeeded', 'requires_capture', 'processing'].includes(status)) continue;
      const attempt = [ids['payment_order_id'], ids['operation'], ids['attempt']].join(' ');
      attempts.set(attempt, (attempts.get(attempt) ?? 0) + 1);
    }
    for (const [attempt, count] of attempts)
      if (count > 1) this.violation('V2', `${attempt}: one attempt made ${String(count)} charges`);
    for (const order of orders) {
      const all = charged.get(order.id) ?? [];
      for (const { id, metadata: ids } of all)
        if (Number(ids['attempt'] ?? 1) > order.attempt)
          this.violation(
            'V2',
            `charge ${id} of order ${order.id} is of an attempt that was never begun: ${String(ids['attempt'])}`,
          );
      const kept = all.filter((payment) => payment.id === order.reference && !strays.has(payment.id));
      const others = all.filter((payment) => !kept.includes(payment));
      for (const other of others)
        if (other.amount_refunded !== other.amount)
          this.violation('V2', `charge ${other.id} of order ${order.id} is one too many, and was not given back`);
      const own = all.find(({ metadata: ids }) => ids['attempt'] === String(order.attempt));
      if ((order.phase === 'declined' || order.phase === 'rejected') && own !== undefined)
        this.violation('V6', `order ${order.id} is ${order.phase}, and the PSP has charged it: ${own.id}`);
      const [one] = kept;
      const back = given.get(order.id) ?? 0n;
      if (order.status === 'SUCCESS') {
        if (one === undefined) this.violation('V2', `order ${order.id} is SUCCESS, and the PSP has no charge of it`);
        else if (BigInt(one.amount_refunded) !== back)
          this.violation(
            'V2',
            `order ${order.id}: the PSP gave back ${String(one.amount_refunded)}, we ${String(back)}`,
          );
        if (!order.wallet_updated || !order.ledger_updated)
          this.violation('V4', `order ${order.id} is SUCCESS, and not booked`);
      } else if (one !== undefined && one.amount_refunded !== one.amount && order.phase !== 'needs_attention')
        this.violation('V8', `order ${order.id} is ${order.phase}, and charge ${one.id} stands`);
    }
  }

  /** V2, V6: each refund of ours is one of the PSP's, in the same state, and the other way round. */
  private async refundsAgree(): Promise<void> {
    const theirs = await this.stripe.refunds.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const { rows: ours } = await this.database.query<{ id: string; status: string; amount: string; method: string }>(
      'SELECT refund_id AS id, refund_status AS status, amount::text, method FROM payments.refund',
    );
    const known = new Set(ours.map(({ id }) => id));
    for (const refund of theirs) {
      const id = refund.metadata?.['refund_id'];
      if (id !== undefined && !known.has(id)) this.violation('V2', `refund ${refund.id} at the PSP is none of ours`);
    }
    for (const { id, status, amount, method } of ours) {
      if (method === 'void') continue;
      const made = theirs.filter((refund) => refund.metadata?.['refund_id'] === id);
      const good = made.filter((refund) => refund.status === 'succeeded');
      if (made.length > 1) this.violation('V2', `refund ${id} was made ${String(made.length)} times`);
      if ((status === 'succeeded') !== (good.length === 1))
        this.violation('V6', `refund ${id} is ${status}, at the PSP ${String(made[0]?.status)}`);
      if (good[0] !== undefined && good.length === 1 && BigInt(good[0].amount) !== BigInt(amount))
        this.violation('V6', `refund ${id} is of ${amount}, at the PSP of ${String(good[0].amount)}`);
    }
  }

  /** V2, V7: each payout of ours is one transfer of the PSP's, and one payout from the seller's account. */
  private async payoutsAgree(): Promise<void> {
    const transfers = await this.stripe.transfers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const { rows: ours } = await this.database.query<{ id: string; status: string; amount: string; account: string }>(
      'SELECT payout_id AS id, payout_status AS status, amount::text, payout_account AS account FROM payouts.payout',
    );
    const paid = new Map<string, Stripe.Payout[]>();
    for (const account of new Set(ours.map((payout) => payout.account))) {
      const list = await this.stripe.payouts
        .list({ limit: 100 }, { stripeAccount: account })
        .autoPagingToArray({ limit: 10_000 });
      for (const payout of list) {
        const id = payout.metadata?.['payout_id'] ?? '';
        paid.set(id, [...(paid.get(id) ?? []), payout]);
      }
    }
    const known = new Set(ours.map(({ id }) => id));
    for (const transfer of transfers)
      if (!known.has(transfer.transfer_group ?? ''))
        this.violation('V2', `transfer ${transfer.id} belongs to no payout`);
    for (const [id] of paid) if (!known.has(id)) this.violation('V2', `payout ${id} at the PSP is none of ours`);
    for (const { id, status, amount } of ours) {
      const made = transfers.filter((transfer) => transfer.transfer_group === id);
      const net = made.reduce((sum, { amount: out, amount_reversed: back }) => sum + BigInt(out) - BigInt(back), 0n);
      const wanted = status === 'in_transit' || status === 'paid' ? BigInt(amount) : 0n;
      if (made.length > 1) this.violation('V2', `payout ${id} was transferred ${String(made.length)} times`);
      if (net !== wanted) this.violation('V2', `payout ${id} is ${status}, and ${String(net)} was transferred`);
      if ((paid.get(id) ?? []).length > 1)
        this.violation('V2', `payout ${id} was paid out ${String(paid.get(id)?.length)} times`);
    }
  }

  /** V2: what the ledger says that came in and went out at the PSP is what the PSP says. */
  private async moneyAgrees(payments: readonly PspPayment[]): Promise<void> {
    const sum = (values: readonly number[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);
    const transfers = await this.stripe.transfers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const disputes = await this.stripe.disputes.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const theirs =
      sum(
        payments
          .filter(({ status, metadata }) => status === 'succeeded' && !isForeign(metadata))
          .map(({ amount, amount_refunded: back }) => amount - back),
      ) -
      sum(transfers.map(({ amount, amount_reversed: back }) => amount - back)) +
      sum(disputes.flatMap((dispute) => dispute.balance_transactions.map(({ net }) => net)));
    const [ours = '0'] = await this.column(
      `SELECT coalesce(sum(amount), 0)::text FROM ledger.entry JOIN ledger.transaction USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE code = 'psp_clearing' AND source_type IN ('payment_order', 'refund', 'payout', 'dispute', 'psp_payment')`,
    );
    if (BigInt(ours) !== theirs)
      this.violation('V2', `the ledger says that the PSP holds ${ours}, the PSP says ${String(theirs)}`);
  }

  /** V3 at rest: each balance of each wallet is its ledger account. */
  private walletsAreLedgers = (): Promise<void> =>
    this.none(
      'V3',
      `WITH book AS (
         SELECT a.merchant_id, a.seller, a.currency, a.balance, sum(CASE WHEN a.balance = 'owed' THEN amount ELSE -amount END) AS amount
         FROM ledger.entry JOIN ledger.account a USING (account_id) WHERE seller IS NOT NULL GROUP BY 1, 2, 3, 4),
       kept AS (
         SELECT w.merchant_id, w.seller_account AS seller, w.currency, b.balance, b.amount
         FROM wallet.wallet w, LATERAL (VALUES ('pending', pending), ('available', available), ('reserved', reserved), ('owed', owed)) AS b(balance, amount))
       SELECT 'wallet of ' || seller || ': ' || balance || ' is ' || coalesce(kept.amount, 0) || ', the ledger says ' || coalesce(book.amount, 0) AS problem
       FROM kept FULL JOIN book USING (merchant_id, seller, currency, balance) WHERE coalesce(kept.amount, 0) <> coalesce(book.amount, 0)`,
    );

  /** V4: a checkout is done exactly when each of its orders has succeeded and is booked. */
  private flagsAgree = (): Promise<void> =>
    this.none(
      'V4',
      `SELECT 'checkout ' || checkout_id || ' says ' || is_payment_done AS problem
       FROM payments.checkout c JOIN payments.payment_order o USING (merchant_id, checkout_id)
       GROUP BY c.merchant_id, checkout_id, is_payment_done
       HAVING is_payment_done <> bool_and(payment_order_status = 'SUCCESS' AND wallet_updated AND ledger_updated)`,
    );

  /** V5: what was answered with yes has its row, and its workflow. */
  private async acknowledgedIsThere(acknowledged: readonly Acknowledged[]): Promise<void> {
    const tables = {
      checkout: 'SELECT checkout_id FROM payments.checkout',
      refund: 'SELECT refund_id FROM payments.refund',
      payout: 'SELECT payout_id FROM payouts.payout',
    } as const;
    const connection = await Connection.connect({ address: this.run.temporalAddress });
    try {
      const client = new Client({ connection, namespace: this.run.namespace });
      const { rows: orders } = await this.database.query<{ checkout: string; order: string }>(
        'SELECT checkout_id AS checkout, min(payment_order_id) AS order FROM payments.payment_order GROUP BY 1 HAVING count(*) = 1',
      );
      const only = new Map(orders.map(({ checkout, order }) => [checkout, order]));
      for (const kind of ['checkout', 'refund', 'payout'] as const) {
        const rows = new Set(await this.column(tables[kind]));
        for (const { id } of acknowledged.filter((one) => one.kind === kind)) {
          if (!rows.has(id)) this.violation('V5', `${kind} ${id} was accepted, and has no row`);
          // A checkout of one order may be that order's run alone.
          const order = kind === 'checkout' ? only.get(id) : undefined;
          const carriers = [
            `${kind}/default/${id}`,
            ...(order === undefined ? [] : [`payment-order/default/${order}`]),
          ];
          const found = carriers.map((workflowId) => client.workflow.getHandle(workflowId).describe());
          await Promise.any(found).catch((error: unknown) =>
            this.violation('V5', `${kind} ${id} was accepted, and has no workflow: ${String(error)}`),
          );
        }
      }
    } finally {
      await connection.close();
    }
  }

  /** V6: each event that the PSP told of was settled for good. */
  private eventsSettled = (): Promise<void> =>
    this.none(
      'V6',
      `SELECT 'event ' || event_id || ' is ' || state || coalesce(': ' || reason, '') AS problem FROM payments.psp_event
       WHERE state NOT IN ('applied', 'no_change', 'ignored') AND coalesce(payment_order_id, '') NOT LIKE '${foreign}%'`,
    );

  /** V5: whoever listens has heard of each order's last state. */
  private eventsOut = (): Promise<void> =>
    this.none(
      'V5',
      `SELECT 'order ' || o.payment_order_id || ' is in version ' || o.version || ', and told of up to ' || coalesce(max(e.version), 0) AS problem
       FROM payments.payment_order o LEFT JOIN events.event e ON e.merchant_id = o.merchant_id AND e.resource_type = 'payment' AND e.resource_id = o.payment_order_id
       GROUP BY o.merchant_id, o.payment_order_id, o.version HAVING coalesce(max(e.version), 0) < o.version`,
    );

  /** V2: what somebody charged past us was found by the nights, and lies in suspense, once. */
  private async strangersInSuspense(foreignMinor: number): Promise<void> {
    const [held = '0'] = await this.column(
      "SELECT coalesce(-sum(amount), 0)::text FROM ledger.entry JOIN ledger.account USING (account_id) WHERE code = 'suspense'",
    );
    if (Number(held) !== foreignMinor)
      this.violation('V2', `suspense holds ${held}, and ${String(foreignMinor)} were charged past us`);
    const { rows } = await this.database.query<{ class: string; count: string }>(
      "SELECT class, count(*)::text FROM reconciliation.break WHERE state = 'open' AND class <> 'missing_here' GROUP BY 1",
    );
    for (const { class: name, count } of rows)
      this.violation('V2', `${count} breaks are left open that nobody has planted: ${name}`);
  }

  /** V11: no workflow ended in an error, and no activity met one that nobody expected. */
  private async nothingFailed(): Promise<void> {
    const connection = await Connection.connect({ address: this.run.temporalAddress });
    try {
      const client = new Client({ connection, namespace: this.run.namespace });
      for await (const { workflowId, status } of client.workflow.list({
        query: "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')",
      })) {
        if (upkeep.test(workflowId)) this.findings.count(`upkeep: ${status.name}`);
        else this.violation('V11', `workflow ${workflowId} is ${status.name}`);
      }
    } finally {
      await connection.close();
    }
    const parked = await this.column(
      "SELECT 'order ' || payment_order_id || ': ' || coalesce(failure_message, '') FROM payments.payment_order WHERE attention_reason = 'invariant_violated'",
    );
    for (const what of parked) this.violation('V11', `an error that nobody expected: ${what}`);
  }

  /** V12: no secret, card or personal data in a log or in Temporal's database. */
  private async nothingLeaked(): Promise<void> {
    const secrets = [
      canary,
      '4242424242424242',
      this.secretKey,
      this.run.apiKey,
      this.run.opsApiKey,
      this.run.webhookSecret,
    ];
    const logs = join(this.home, 'logs');
    const files = [
      ...readdirSync(logs)
        .filter((name) => !name.startsWith('psp') && !name.startsWith('postgres'))
        .map((name) => join(logs, name)),
      join(this.home, 'temporal', 'temporal.db'),
      join(this.home, 'temporal', 'temporal.db-wal'),
    ];
    for (const file of files.filter((name) => existsSync(name)))
      for (const secret of await found(file, secrets))
        this.violation('V12', `${secret.slice(0, 12)}… is in ${file.slice(this.home.length + 1)}`);
  }

  private violation(invariant: string, what: string): void {
    this.findings.violation(invariant, what);
  }

  private async none(invariant: string, sql: string): Promise<void> {
    const { rows } = await this.database.query<{ problem: string }>(sql);
    for (const { problem } of rows) this.violation(invariant, problem);
  }

  private async column(sql: string): Promise<string[]> {
    const { rows } = await this.database.query<Record<string, string>>(sql);
    return rows.map((row) => Object.values(row)[0] ?? '');
  }
}

const isForeign = (metadata: Record<string, string>): boolean =>
  metadata['payment_order_id']?.startsWith(foreign) === true;

/** Which of some words are in a file, read as bytes. */
async function found(file: string, words: readonly string[]): Promise<string[]> {
  const sought = words.map((word) => Buffer.from(word));
  const longest = Math.max(...sought.map(({ length }) => length));
  const hits = new Set<string>();
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file)) {
    const text = Buffer.concat([rest, chunk as Buffer]);
    for (const [index, word] of sought.entries()) if (text.includes(word)) hits.add(words[index] ?? '');
    rest = text.subarray(-longest);
  }
  return [...hits];
}
