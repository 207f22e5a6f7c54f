import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { template } from './shop';

/** Where a payment leaves rows. Transactions and entries of the ledger refer to each other by number, and are made apart. */
const tables = [
  'identity.call',
  'payments.checkout',
  'payments.payment_order',
  'payments.psp_operation',
  'payments.psp_customer',
  'payments.psp_event',
  'wallet.movement',
  'events.event',
  'risk.assessment',
  'risk.assessed_order',
] as const;

const atOnce = 50_000;

/**
 * Stores paid orders until there are so many, as copies of every row that one real payment has left, straight into the tables and past
 * their triggers: what is measured comes after.
 *
 * @param pay pays the one that is copied, under the id that it is given
 */
export async function fill(
  database: pg.Client,
  pay: (checkoutId: string) => Promise<unknown>,
  wanted: number,
): Promise<void> {
  const stored = await count(database, 'SELECT count(*) FROM payments.payment_order');
  if (stored >= wanted) return;
  if ((await count(database, `SELECT count(*) FROM payments.checkout WHERE checkout_id = '${template}'`)) === 0) {
    await pay(template);
    await pause(3_000);
  }
  for (const table of tables) await database.query(keptApart(table));
  await database.query('SET session_replication_role = replica');
  for (let from = stored; from < wanted; from += atOnce) {
    const range = [from, Math.min(from + atOnce, wanted) - 1];
    for (const table of tables) await database.query(await copying(database, table), range);
    await database.query(
      `WITH one AS (SELECT * FROM ledger.transaction WHERE payment_order_id = $3),
       made AS (
         INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at, payment_order_id)
         SELECT one.merchant_id, one.source_type, $3 || i, one.leg, one.kind, one.effective_at, $3 || i FROM one, generate_series($1::int, $2::int) AS i
         RETURNING transaction_id)
       INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
       SELECT made.transaction_id, entry.account_id, entry.merchant_id, entry.currency, entry.amount
       FROM made, one JOIN ledger.entry ON entry.transaction_id = one.transaction_id`,
      [...range, `${template}-1`],
    );
  }
  // Nobody is to be told of what never happened, and what is due is paid.
  await database.query('UPDATE events.sink_position SET sequence = (SELECT max(sequence) FROM events.event)');
  await database.query('SET session_replication_role = origin');
  await database.query('VACUUM ANALYZE');
}

/** Returns once the ledger's hash chain has taken up all that is stored. */
export async function chained(database: pg.Client): Promise<void> {
  for (;;) {
    const behind = await count(
      database,
      'SELECT (SELECT count(*) FROM ledger.transaction) - (SELECT count(*) FROM ledger.chain)',
    );
    if (behind < 1_000) return;
    await pause(2_000);
  }
}

async function count(database: pg.Client, query: string): Promise<number> {
  const { rows } = await database.query<{ count: string }>(`SELECT (${query}) AS count`);
  return Number(rows[0]?.count ?? 0);
}

const ofTemplate = (table: string): string => `of_template_${table.replace('.', '_')}`;

/** The rows that the one real payment has left, where copies of it don't get among them. */
const keptApart = (table: string): string => `
  CREATE TEMP TABLE IF NOT EXISTS ${ofTemplate(table)} AS
  SELECT * FROM ${table} AS t WHERE to_jsonb(t)::text LIKE '%${template}%' AND to_jsonb(t)::text !~ '${template}[0-9]'`;

/** All rows of the table that hold the template's id, with another id in its place; what the PSP or a sequence numbers is made new. */
async function copying(database: pg.Client, table: string): Promise<string> {
  const { rows } = await database.query<{ name: string; made: string }>(
    `SELECT attname AS name, coalesce(pg_get_expr(adbin, adrelid), 'nextval(' || quote_literal(pg_get_serial_sequence($1, attname)) || ')') AS made
     FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND (pg_get_serial_sequence($1, attname) IS NOT NULL OR pg_get_expr(adbin, adrelid) LIKE 'nextval%')`,
    [table],
  );
  const { rows: keys } = await database.query(
    `SELECT FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'idempotency_key'`,
    [table],
  );
  const { rows: columns } = await database.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [table],
  );
  const names = columns.map(({ name }) => name);
  const numbered = [
    ...rows.map(({ name, made }) => `'${name}', ${made}`),
    ...(keys.length > 0 ? ["'idempotency_key', one.idempotency_key || '.' || i"] : []),
  ].join(', ');
  // LATERAL, as `(jsonb_populate_record(…)).*` would be worked out once for each column.
  return `
    INSERT INTO ${table} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
    SELECT ${names.map((name) => `made.${name}`).join(', ')}
    FROM ${ofTemplate(table)} AS one, generate_series($1::int, $2::int) AS i,
      LATERAL jsonb_populate_record(NULL::${table},
        regexp_replace(replace(to_jsonb(one)::text, '${template}', '${template}' || i), '"((pi|ch|cus|pm|evt|txn|in|req)_[A-Za-z0-9]+)"', '"\\1' || i || '"', 'g')::jsonb
        || jsonb_build_object(${numbered})) AS made`;
}
