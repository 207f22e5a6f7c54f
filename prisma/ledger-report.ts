import { Prisma } from './generated/client';
import type { PrismaClient } from './database';

/** Reads that go through a whole book take longer than anything on the way of a payment may. Read-only. */
async function longRead<Rows>(ledger: PrismaClient, query: Prisma.PrismaPromise<Rows>): Promise<Rows> {
  const [, rows] = await ledger.$transaction([ledger.$executeRaw`SET LOCAL statement_timeout = '10min'`, query]);
  return rows;
}

/** One account of a book at a moment. `balanceMinor` on the account's normal side; debits and credits are of the period asked for. */
export interface AccountTotals {
  readonly code: string;
  readonly currency: string;
  readonly type: string;
  readonly normalSide: string;
  readonly openingMinor: bigint;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
  readonly closingMinor: bigint;
}

/**
 * Every account of a book over a period, signed as entries are: debits above zero. Opening plus debits less credits is the
 * closing, and all closings of a currency sum to zero (L3). `from` null: from the beginning.
 */
export async function accountTotals(
  ledger: PrismaClient,
  merchantId: string,
  period: { from: Date | null; to: Date },
): Promise<AccountTotals[]> {
  return longRead(
    ledger,
    ledger.$queryRaw`
    SELECT account.code, account.currency, account.type, account.normal_side AS "normalSide",
           coalesce(sum(entry.amount) FILTER (WHERE transaction.effective_at < ${period.from}::timestamptz), 0)::bigint AS "openingMinor",
           coalesce(sum(entry.amount) FILTER (WHERE entry.amount > 0 AND (${period.from}::timestamptz IS NULL OR transaction.effective_at >= ${period.from}::timestamptz)), 0)::bigint AS "debitMinor",
           coalesce(-sum(entry.amount) FILTER (WHERE entry.amount < 0 AND (${period.from}::timestamptz IS NULL OR transaction.effective_at >= ${period.from}::timestamptz)), 0)::bigint AS "creditMinor",
           coalesce(sum(entry.amount), 0)::bigint AS "closingMinor"
    FROM ledger.account JOIN ledger.entry USING (account_id) JOIN ledger.transaction USING (transaction_id)
    WHERE account.merchant_id = ${merchantId} AND transaction.effective_at < ${period.to}::timestamptz
    GROUP BY account.account_id ORDER BY account.currency, account.code`,
  );
}

/** One entry with the transaction that it belongs to. A debit is above zero. */
export interface JournalLine {
  readonly entryId: bigint;
  readonly transactionId: bigint;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly leg: string;
  readonly kind: string;
  readonly paymentOrderId: string | null;
  readonly reason: string | null;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly account: string;
  readonly seller: string | null;
  readonly balance: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
}

const lineColumns = Prisma.sql`
    entry.entry_id AS "entryId", transaction.transaction_id AS "transactionId", source_type AS "sourceType", source_id AS "sourceId",
           leg, kind, payment_order_id AS "paymentOrderId", reason, effective_at AS "effectiveAt", recorded_at AS "recordedAt",
           account.code AS account, account.seller, account.balance, entry.currency, entry.amount AS "amountMinor"`;

/** The journal of a period, a page at a time, in the order in which it was recorded. */
export async function journal(
  ledger: PrismaClient,
  merchantId: string,
  period: { from: Date; to: Date },
  page: { after: bigint; limit: number },
): Promise<JournalLine[]> {
  return ledger.$queryRaw`
    SELECT ${lineColumns}
    FROM ledger.entry JOIN ledger.transaction USING (transaction_id) JOIN ledger.account USING (account_id)
    WHERE transaction.merchant_id = ${merchantId} AND effective_at >= ${period.from} AND effective_at < ${period.to}
      AND entry.entry_id > ${page.after} ORDER BY entry.entry_id LIMIT ${page.limit}`;
}

/** A seller's balances, in minor units. */
export interface SellerBalances {
  readonly pending: bigint;
  readonly available: bigint;
  readonly reserved: bigint;
  readonly owed: bigint;
}

/** What a seller's accounts hold before a moment, by currency; `before` null: by now. */
export async function sellerBalancesAt(
  ledger: PrismaClient,
  merchantId: string,
  seller: string,
  before: Date | null,
): Promise<(SellerBalances & { currency: string })[]> {
  return ledger.$queryRaw`
    SELECT account.currency,
           coalesce(-sum(entry.amount) FILTER (WHERE account.balance = 'pending'), 0)::bigint AS pending,
           coalesce(-sum(entry.amount) FILTER (WHERE account.balance = 'available'), 0)::bigint AS available,
           coalesce(-sum(entry.amount) FILTER (WHERE account.balance = 'reserved'), 0)::bigint AS reserved,
           coalesce(sum(entry.amount) FILTER (WHERE account.balance = 'owed'), 0)::bigint AS owed
    FROM ledger.account JOIN ledger.entry USING (account_id) JOIN ledger.transaction USING (transaction_id)
    WHERE account.merchant_id = ${merchantId} AND account.seller = ${seller}
      AND (${before}::timestamptz IS NULL OR transaction.effective_at < ${before}::timestamptz)
    GROUP BY account.currency ORDER BY account.currency`;
}

/** The next sellers of all merchants who had entries in a period, and in which currencies. In the order of merchants and sellers. */
export async function sellersWithEntries(
  ledger: PrismaClient,
  period: { from: Date; to: Date },
  after: { readonly merchantId: string; readonly seller: string } | null,
  limit: number,
): Promise<{ merchantId: string; seller: string; currencies: string[] }[]> {
  return longRead(
    ledger,
    ledger.$queryRaw`
    SELECT account.merchant_id AS "merchantId", account.seller, array_agg(DISTINCT account.currency) AS currencies
    FROM ledger.account
    WHERE account.seller IS NOT NULL
      AND (${after?.merchantId ?? null}::text IS NULL OR (account.merchant_id, account.seller) > (${after?.merchantId ?? null}::text, ${after?.seller ?? null}::text))
      AND EXISTS (SELECT FROM ledger.entry JOIN ledger.transaction USING (transaction_id)
                  WHERE entry.account_id = account.account_id AND effective_at >= ${period.from} AND effective_at < ${period.to})
    GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${limit}`,
  );
}

/** The entries on a seller's accounts in a period and currency, in the order of their dates, a page at a time. */
export async function sellerEntries(
  ledger: PrismaClient,
  merchantId: string,
  seller: string,
  period: { currency: string; from: Date; to: Date },
  limit: number,
): Promise<JournalLine[]> {
  return ledger.$queryRaw`
    SELECT ${lineColumns}
    FROM ledger.account JOIN ledger.entry USING (account_id) JOIN ledger.transaction USING (transaction_id)
    WHERE account.merchant_id = ${merchantId} AND account.seller = ${seller} AND account.currency = ${period.currency}
      AND effective_at >= ${period.from} AND effective_at < ${period.to}
    ORDER BY effective_at, entry.entry_id LIMIT ${limit}`;
}

/** Every entry about one payment order over its whole life, whatever its source; strays by the PSP's ids of them. */
export async function entriesOfOrder(
  ledger: PrismaClient,
  merchantId: string,
  paymentOrderId: string,
  strays: readonly string[],
): Promise<JournalLine[]> {
  return ledger.$queryRaw`
    SELECT ${lineColumns}
    FROM (SELECT * FROM ledger.transaction WHERE merchant_id = ${merchantId} AND payment_order_id = ${paymentOrderId}
          UNION ALL
          SELECT * FROM ledger.transaction
          WHERE merchant_id = ${merchantId} AND source_type = 'psp_payment' AND source_id = ANY(${[...strays]}::text[])) AS transaction
    JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id) ORDER BY entry.entry_id`;
}

/** Links of transactions in the chain, and whether each still fits. */
export async function linksOf(
  ledger: PrismaClient,
  transactionIds: readonly bigint[],
): Promise<{ transactionId: bigint; seq: bigint; fits: boolean }[]> {
  return ledger.$queryRaw`
    SELECT c.transaction_id AS "transactionId", c.seq,
           c.hash = sha256(coalesce((SELECT p.hash FROM ledger.chain AS p WHERE p.merchant_id = c.merchant_id AND p.seq = c.seq - 1), ''::bytea)
                           || convert_to(ledger.content_of(c.transaction_id), 'UTF8')) AS fits
    FROM ledger.chain AS c WHERE c.transaction_id = ANY(${[...transactionIds]}::bigint[])`;
}

/** What a seller owes, by how long it has been owed. Payments count against the oldest debt first. */
export interface AgedReceivable {
  readonly seller: string;
  readonly currency: string;
  readonly owed: bigint;
  readonly upTo30: bigint;
  readonly upTo60: bigint;
  readonly upTo90: bigint;
  readonly over90: bigint;
}

export async function ageing(ledger: PrismaClient, merchantId: string, at: Date): Promise<AgedReceivable[]> {
  return longRead(
    ledger,
    ledger.$queryRaw`
    WITH lines AS (
      SELECT account.seller, account.currency, entry.amount, transaction.effective_at, entry.entry_id
      FROM ledger.account JOIN ledger.entry USING (account_id) JOIN ledger.transaction USING (transaction_id)
      WHERE account.merchant_id = ${merchantId} AND account.balance = 'owed' AND effective_at < ${at}::timestamptz),
    paid AS (SELECT seller, currency, -sum(amount) FILTER (WHERE amount < 0) AS amount FROM lines GROUP BY 1, 2),
    debts AS (
      SELECT seller, currency, effective_at, amount,
             sum(amount) OVER (PARTITION BY seller, currency ORDER BY effective_at, entry_id) AS running
      FROM lines WHERE amount > 0),
    open AS (
      SELECT seller, currency, greatest(0, least(debts.amount, running - coalesce(paid.amount, 0))) AS amount,
             extract(epoch FROM ${at}::timestamptz - effective_at) / 86400 AS days
      FROM debts JOIN paid USING (seller, currency))
    SELECT seller, currency, sum(amount)::bigint AS owed,
           coalesce(sum(amount) FILTER (WHERE days <= 30), 0)::bigint AS "upTo30",
           coalesce(sum(amount) FILTER (WHERE days > 30 AND days <= 60), 0)::bigint AS "upTo60",
           coalesce(sum(amount) FILTER (WHERE days > 60 AND days <= 90), 0)::bigint AS "upTo90",
           coalesce(sum(amount) FILTER (WHERE days > 90), 0)::bigint AS "over90"
    FROM open GROUP BY 1, 2 HAVING sum(amount) > 0 ORDER BY 1, 2`,
  );
}

const chainedAtOnce = 500;
const checkedAtOnce = 1_000;
const lookedThroughAtOnce = 5_000;

/** Adds committed transactions to the hash chains, a bounded batch a call. Answers how many; full batches mean there are more. */
export async function extendChain(ledger: PrismaClient): Promise<{ added: number; more: boolean }> {
  const rows = await ledger.$queryRaw<
    { added: number }[]
  >`SELECT ledger.extend_chain(${chainedAtOnce}::int, false) AS added`;
  const added = rows[0]?.added ?? 0;
  return { added, more: added === chainedAtOnce };
}

/**
 * Adds what has no link in a stretch of the book, however that came about. Answers where the stretch ends, for the next call; nothing
 * behind the last one.
 */
export async function linkMissed(ledger: PrismaClient, after: bigint): Promise<bigint | undefined> {
  const rows = await ledger.$queryRaw<
    { reached: bigint | null }[]
  >`SELECT ledger.link_missed(${after}, ${lookedThroughAtOnce}::int) AS reached`;
  return rows[0]?.reached ?? undefined;
}

/** A link that no longer fits: the row that somebody changed, by its name. */
export interface ChainProblem {
  readonly merchantId: string;
  readonly seq: bigint;
  readonly transactionId: bigint;
  readonly source: string;
  readonly problem: string;
}

/** Goes through a merchant's whole chain, a stretch at a time, so that no statement takes long. */
export async function checkChain(
  ledger: PrismaClient,
  merchantId: string,
): Promise<{ links: bigint; problems: ChainProblem[] }> {
  const problems: ChainProblem[] = [];
  let after = 0n;
  for (;;) {
    const rows = await ledger.$queryRaw<
      { lastSeq: bigint | null; seq: bigint | null; transactionId: bigint; source: string; problem: string }[]
    >`SELECT last_seq AS "lastSeq", seq, transaction_id AS "transactionId", source, problem
      FROM ledger.check_chain(${merchantId}, ${after}, ${checkedAtOnce}::int)`;
    for (const { seq, transactionId, source, problem } of rows)
      if (seq !== null) problems.push({ merchantId, seq, transactionId, source, problem });
    const last = rows.find((row) => row.lastSeq !== null)?.lastSeq ?? null;
    if (last === null) return { links: after, problems };
    after = last;
  }
}

/** The head of a merchant's chain: whoever has kept it elsewhere can tell whether the whole chain was made anew. */
export async function chainHead(
  ledger: PrismaClient,
  merchantId: string,
): Promise<{ seq: bigint; hash: string } | undefined> {
  const link = await ledger.chainLink.findFirst({ where: { merchantId }, orderBy: { seq: 'desc' } });
  return link === null ? undefined : { seq: link.seq, hash: Buffer.from(link.hash).toString('hex') };
}

export async function merchantsWithBooks(ledger: PrismaClient): Promise<string[]> {
  const rows = await ledger.$queryRaw<{ merchantId: string }[]>`
    SELECT DISTINCT merchant_id AS "merchantId" FROM ledger.account ORDER BY 1`;
  return rows.map(({ merchantId }) => merchantId);
}

/** What stands in the book against itself: sums that aren't zero, positions and lots that aren't their accounts, links not made. */
export async function bookProblems(ledger: PrismaClient, merchantId: string): Promise<string[]> {
  const rows = await longRead(
    ledger,
    ledger.$queryRaw<{ problem: string }[]>`
    SELECT 'currency ' || currency || ' sums to ' || sum(amount) AS problem
    FROM ledger.entry WHERE merchant_id = ${merchantId} GROUP BY currency HAVING sum(amount) <> 0
    UNION ALL
    SELECT 'transaction ' || transaction_id || ' sums to ' || sum(amount) || ' ' || currency
    FROM ledger.entry WHERE merchant_id = ${merchantId} GROUP BY transaction_id, currency HAVING sum(amount) <> 0
    UNION ALL
    SELECT 'transaction ' || t.transaction_id || ' of an hour ago is not in the chain' FROM ledger.transaction AS t
    WHERE t.merchant_id = ${merchantId} AND t.recorded_at < now() - interval '1 hour'
      AND NOT EXISTS (SELECT FROM ledger.chain AS c WHERE c.transaction_id = t.transaction_id)
    UNION ALL
    SELECT 'position of ' || coalesce(p.seller, b.seller) || ' ' || coalesce(p.currency, b.currency) || ' is not its accounts'
    FROM (SELECT * FROM ledger.seller_position WHERE merchant_id = ${merchantId}) AS p
    FULL JOIN (SELECT account.seller, account.currency,
                      coalesce(-sum(amount) FILTER (WHERE balance = 'available'), 0) AS available,
                      coalesce(-sum(amount) FILTER (WHERE balance = 'reserved'), 0) AS reserved,
                      coalesce(sum(amount) FILTER (WHERE balance = 'owed'), 0) AS owed
               FROM ledger.account JOIN ledger.entry USING (account_id)
               WHERE account.merchant_id = ${merchantId} AND account.seller IS NOT NULL GROUP BY 1, 2) AS b USING (seller, currency)
    WHERE (coalesce(p.available, 0), coalesce(p.reserved, 0), coalesce(p.owed, 0))
          <> (coalesce(b.available, 0), coalesce(b.reserved, 0), coalesce(b.owed, 0))
    UNION ALL
    SELECT 'pending of ' || b.seller || ' ' || b.currency || ' is not its payment orders'
    FROM (SELECT account.seller, account.currency, -sum(amount) AS pending FROM ledger.account JOIN ledger.entry USING (account_id)
          WHERE account.merchant_id = ${merchantId} AND balance = 'pending' GROUP BY 1, 2) AS b
    LEFT JOIN (SELECT seller, currency, sum(remaining) AS remaining FROM ledger.pending_lot
               WHERE merchant_id = ${merchantId} GROUP BY 1, 2) AS l USING (seller, currency)
    WHERE b.pending <> coalesce(l.remaining, 0)`,
  );
  return rows.map(({ problem }) => problem);
}

/** Every seller's balances by the book, for comparing with the wallets. */
export async function allSellerBalances(
  ledger: PrismaClient,
  merchantId: string,
): Promise<(SellerBalances & { seller: string; currency: string })[]> {
  return longRead(
    ledger,
    ledger.$queryRaw`
    SELECT account.seller, account.currency,
           coalesce(-sum(amount) FILTER (WHERE balance = 'pending'), 0)::bigint AS pending,
           coalesce(-sum(amount) FILTER (WHERE balance = 'available'), 0)::bigint AS available,
           coalesce(-sum(amount) FILTER (WHERE balance = 'reserved'), 0)::bigint AS reserved,
           coalesce(sum(amount) FILTER (WHERE balance = 'owed'), 0)::bigint AS owed
    FROM ledger.account JOIN ledger.entry USING (account_id)
    WHERE account.merchant_id = ${merchantId} AND account.seller IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`,
  );
}

/** An entry on `psp_clearing` with what it is of: what our book says has moved at the PSP. A debit, money in, is above zero. */
export interface ClearingEntry {
  /** Its transaction's link in the hash chain: entries come in this order, and none comes in front of one that was read. */
  readonly seq: bigint;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly leg: string;
  readonly kind: string;
  readonly paymentOrderId: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly effectiveAt: Date;
}

/** What the ledger says lies in an account now, by currency; of the postings of one kind of source when it is named. */
export async function balancesOfAccount(
  ledger: PrismaClient,
  merchantIds: readonly string[],
  code: string,
  sourceType: string | null = null,
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await longRead(
    ledger,
    ledger.$queryRaw<{ currency: string; amount: bigint }[]>`
    SELECT entry.currency, sum(entry.amount)::bigint AS amount
    FROM ledger.account JOIN ledger.entry USING (account_id) JOIN ledger.transaction USING (transaction_id)
    WHERE account.merchant_id = ANY(${[...merchantIds]}) AND account.code = ${code} AND (${sourceType}::text IS NULL OR source_type = ${sourceType}::text)
    GROUP BY entry.currency`,
  );
  return new Map(rows.map(({ currency, amount }) => [currency, amount]));
}

/** The day of the rates by which positions were last revalued. */
export async function lastRevaluation(ledger: PrismaClient, merchantId: string): Promise<string | null> {
  const last = await ledger.ledgerTransaction.findFirst({
    where: { merchantId, sourceType: 'revaluation' },
    orderBy: { transactionId: 'desc' },
    select: { leg: true },
  });
  return last?.leg ?? null;
}

/** The last link of a page of a merchant's chain, behind a link; nothing when there is none. */
export async function endOfPage(
  ledger: PrismaClient,
  merchantId: string,
  afterSeq: bigint,
  limit: number,
): Promise<bigint | undefined> {
  const rows = await ledger.$queryRaw<{ last: bigint | null }[]>`
    SELECT max(seq) AS last FROM (
      SELECT seq FROM ledger.chain WHERE merchant_id = ${merchantId} AND seq > ${afterSeq} ORDER BY seq LIMIT ${limit}) AS page`;
  return rows[0]?.last ?? undefined;
}

/** A merchant's clearing entries from behind a link of its chain up to another, less those that the PSP's own lines have made. */
export async function clearingEntries(
  ledger: PrismaClient,
  merchantId: string,
  afterSeq: bigint,
  throughSeq: bigint,
): Promise<ClearingEntry[]> {
  return ledger.$queryRaw`
    SELECT chain.seq, source_type AS "sourceType", source_id AS "sourceId", leg, kind, payment_order_id AS "paymentOrderId",
           entry.currency, sum(entry.amount)::bigint AS "amountMinor", effective_at AS "effectiveAt"
    FROM ledger.chain JOIN ledger.transaction USING (transaction_id) JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
    WHERE chain.merchant_id = ${merchantId} AND chain.seq > ${afterSeq} AND chain.seq <= ${throughSeq} AND account.code = 'psp_clearing'
      AND source_type NOT IN ('settlement', 'bank_entry')
    GROUP BY chain.seq, transaction.transaction_id, entry.currency ORDER BY chain.seq`;
}
