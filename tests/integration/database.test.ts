import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { toFailure } from '../../activities/failure';
import { postingLines, type PostingKind } from '../../domain/ledger';
import { PrismaClient } from '../../prisma/generated/client';
import { appendTransaction } from '../../prisma/ledger';
import { linkMissed } from '../../prisma/ledger-report';
import { long } from '../../prisma/reconciliation';
import { schemaNames } from '../../prisma/services';
import { SteadyPg } from '../../prisma/steady-pg';
import { classifyStorageError, sqlState } from '../../prisma/storage-error';
import { applyMovement, followLedger } from '../../prisma/wallet';
import { TestStack, unique } from '../support/stack';

let stack: TestStack;
let ledgerRole: pg.Client;
beforeAll(async () => {
  stack = await TestStack.start({ withWorker: false });
  ledgerRole = new pg.Client({ connectionString: stack.urls.ledger, options: '-c paysaga.merchant=*' });
  await ledgerRole.connect();
});
afterAll(async () => {
  await ledgerRole.end();
  await stack.stop();
});

const order = { sellerAccount: 'ada', amountMinor: 1000n, platformFeeMinor: 100n };
const posting = (paymentOrderId: string, kind: PostingKind = 'capture') => ({
  merchantId: 'default',
  paymentOrderId,
  currency: 'EUR',
  order,
  kind,
});
const append = (paymentOrderId: string, changed: Partial<typeof order> = {}, merchantId = 'default') =>
  appendTransaction(stack.databases.ledger, {
    ...posting(paymentOrderId),
    merchantId,
    order: { ...order, ...changed },
    effectiveAt: new Date(),
  });

describe("the ledger, as the worker's role", () => {
  it.each([
    'UPDATE ledger.entry SET amount = 1',
    'DELETE FROM ledger.entry',
    'TRUNCATE ledger.entry',
    "UPDATE ledger.transaction SET kind = 'x'",
    'DELETE FROM ledger.transaction',
    "UPDATE ledger.account SET code = 'x'",
  ])('L1 %s is refused', async (statement) => {
    await append(unique('po'));
    await expect(ledgerRole.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('L1 even the owner is refused by the triggers', async () => {
    await append(unique('po'));
    await expect(stack.owner.query('UPDATE ledger.entry SET amount = 1')).rejects.toThrow('append-only');
    await expect(stack.owner.query('DELETE FROM ledger.entry')).rejects.toThrow('append-only');
    await expect(stack.owner.query('TRUNCATE ledger.entry')).rejects.toThrow('append-only');
  });

  async function writeByHand(amounts: readonly number[], role = ledgerRole): Promise<void> {
    await append(unique('warm'));
    await role.query('BEGIN');
    try {
      const { rows } = await role.query<{ id: string }>(
        `INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at) VALUES ('default', 'test', $1, 'x', 'x', now()) RETURNING transaction_id AS id`,
        [unique('s')],
      );
      for (const amount of amounts) {
        await role.query(
          `INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount) SELECT $1, account_id, 'default', 'EUR', $2 FROM ledger.account WHERE code = 'psp_clearing' AND currency = 'EUR' LIMIT 1`,
          [rows[0]?.id, amount],
        );
      }
      await role.query('COMMIT');
    } catch (error) {
      await role.query('ROLLBACK');
      throw error;
    }
  }

  it('L2 an unbalanced transaction is refused at commit', async () => {
    await expect(writeByHand([100, -99])).rejects.toMatchObject({
      code: '23514',
      constraint: 'ledger_transaction_balanced',
    });
    await expect(writeByHand([100])).rejects.toMatchObject({ code: '23514' });
    await expect(writeByHand([])).rejects.toMatchObject({
      code: '23514',
      constraint: 'ledger_transaction_has_entries',
    });
    await expect(writeByHand([100, -100])).resolves.toBeUndefined();
  });

  it('L2 a recorded transaction takes no more entries, balanced or not', async () => {
    await append(unique('po'));
    await expect(
      ledgerRole.query(`INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
        SELECT transaction_id, account_id, merchant_id, currency, amount FROM ledger.entry WHERE transaction_id = (SELECT max(transaction_id) FROM ledger.transaction)`),
    ).rejects.toThrow('takes no more entries');
  });

  it("an entry can not stand in another merchant's book or in another currency than its account", async () => {
    await append(unique('po'));
    const insert = (merchant: string, currency: string) =>
      ledgerRole.query(
        `WITH t AS (INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at) VALUES ($1, 'test', $3, 'x', 'x', now()) RETURNING transaction_id)
         INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
         SELECT transaction_id, account_id, $1, $2, amount FROM t, ledger.account, unnest(ARRAY[1, -1]) AS amount WHERE code = 'psp_clearing' AND account.currency = 'EUR' AND account.merchant_id = 'default'`,
        [merchant, currency, unique('s')],
      );
    await expect(insert('other', 'EUR')).rejects.toMatchObject({ code: '23503' });
    await expect(insert('default', 'USD')).rejects.toMatchObject({ code: '23503' });
    await expect(insert('default', 'EUR')).resolves.toBeDefined();
  });

  it('L5 the same source twice is one transaction; with other amounts it is refused', async () => {
    const id = unique('po');
    expect(await append(id)).toBe(true);
    expect(await append(id)).toBe(false);
    await expect(append(id, { amountMinor: 1001n })).rejects.toMatchObject({ code: 'P2010' });
    const { rows } = await stack.owner.query(
      'SELECT count(*)::int AS count FROM ledger.transaction WHERE source_id = $1',
      [id],
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('L5 32 equal appends at once are one transaction', async () => {
    const id = unique('po');
    const results = await Promise.all(Array.from({ length: 32 }, () => append(id)));
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it('L5 what is appended together is as if it were one by one: new, repeated within, repeated from before, several books', async () => {
    const [known, twice, fresh, elsewhere] = [unique('po'), unique('po'), unique('po'), unique('po')];
    await append(known);
    const together = [
      append(twice),
      append(known),
      append(twice),
      append(fresh, { sellerAccount: unique('s') }),
      append(elsewhere, {}, 'other'),
    ];
    expect(await Promise.all(together)).toEqual([true, false, false, true, true]);
    const { rows } = await stack.owner.query(
      `SELECT merchant_id, source_id, leg, count(*)::int AS lines, sum(amount)::int AS sum, count(DISTINCT transaction_id)::int AS transactions
       FROM ledger.transaction JOIN ledger.entry USING (transaction_id, merchant_id) WHERE source_id = ANY ($1) GROUP BY 1, 2, 3`,
      [[known, twice, fresh, elsewhere]],
    );
    const ofOne = (merchant_id: string, source_id: string) => ({
      merchant_id,
      source_id,
      leg: 'capture',
      lines: 3,
      sum: 0,
      transactions: 1,
    });
    const expected = [...[known, twice, fresh].map((id) => ofOne('default', id)), ofOne('other', elsewhere)];
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(expect.arrayContaining(expected));
  });

  it('L5 one among many that says something else about its source is refused alone', async () => {
    const [first, second] = [unique('po'), unique('po')];
    await append(first);
    const results = await Promise.allSettled([
      append(second),
      append(first, { amountMinor: 999n }),
      append(unique('po')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await append(second)).toBe(false);
  });

  it('new accounts made by many at once exist once', async () => {
    const seller = unique('seller');
    await Promise.all(Array.from({ length: 16 }, () => append(unique('po'), { sellerAccount: seller })));
    const { rows } = await stack.owner.query('SELECT balance::int FROM ledger.account_balance WHERE code = $1', [
      `seller:${seller}:pending`,
    ]);
    expect(rows).toEqual([{ balance: 16 * 900 }]);
  });

  it('L7 nobody waits for the hot accounts: a posting that is not committed yet holds up no other', async () => {
    await append(unique('warm'));
    const open = new pg.Client({ connectionString: stack.urls.ledger, options: '-c paysaga.merchant=*' });
    await open.connect();
    await open.query('BEGIN');
    const lines = [
      { account: 'psp_clearing', type: 'asset', amount: '1000' },
      { account: `seller:${unique('s')}:pending`, type: 'liability', amount: '-900' },
      { account: 'platform_fees', type: 'income', amount: '-100' },
    ];
    await open.query(
      "SELECT ledger.append_transaction('default', 'payment_order', $1, 'capture', 'capture', now(), 'EUR', $2)",
      [unique('po'), JSON.stringify(lines)],
    );
    // The same clearing and fee accounts; a lock would time out after three seconds.
    const others = Promise.all(Array.from({ length: 16 }, () => append(unique('po'), { sellerAccount: unique('s') })));
    await expect(others).resolves.toHaveLength(16);
    await open.query('ROLLBACK');
    await open.end();
  });

  it('L3 the trial balance is zero and accounts stand on their normal side', async () => {
    await append(unique('po'));
    const { rows } = await stack.owner.query('SELECT sum(amount)::int AS sum FROM ledger.entry');
    expect(rows).toEqual([{ sum: 0 }]);
    const { rows: sides } = await stack.owner.query(
      'SELECT DISTINCT type, normal_side FROM ledger.account ORDER BY type',
    );
    expect(sides).toEqual([
      { type: 'asset', normal_side: 'debit' },
      { type: 'income', normal_side: 'credit' },
      { type: 'liability', normal_side: 'credit' },
    ]);
  });
});

describe('the wallet', () => {
  it('L6 a movement repeated is a no-op; with other amounts it is refused', async () => {
    const id = unique('po');
    const move = (amountMinor = 1000n) =>
      applyMovement(stack.databases.wallet, { ...posting(id), order: { ...order, sellerAccount: id, amountMinor } });
    expect(await move()).toBe(true);
    expect(await move()).toBe(false);
    await expect(move(2000n)).rejects.toMatchObject({ code: 'P2010' });
    expect(await stack.databases.wallet.wallet.findFirst({ where: { sellerAccount: id } })).toMatchObject({
      pending: 900n,
    });
  });

  it('P3 never goes below zero: a movement that comes before one it depends on is put off, and leaves nothing', async () => {
    const seller = unique('seller');
    const source = { type: 'refund' as const, id: unique('r'), leg: 'requested' };
    const change = { pendingMinor: -900n, availableMinor: 0n, reservedMinor: 0n, owedMinor: 0n };
    const follow = followLedger(stack.databases.wallet, [
      { merchantId: 'default', source, sellerAccount: seller, currency: 'EUR', change },
    ]);
    const error: unknown = await follow.catch((thrown: unknown) => thrown);
    expect(sqlState(error)).toBe('PS503');
    expect(classifyStorageError(error)).toBe('unavailable');
    expect(await stack.databases.wallet.movement.findFirst({ where: { sourceId: source.id } })).toBeNull();
  });
});

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

const postgresTypes: Readonly<Record<string, string>> = {
  String: 'text',
  'String[]': '_text',
  Boolean: 'bool',
  Int: 'int4',
  BigInt: 'int8',
  DateTime: 'timestamptz',
  Decimal: 'numeric',
  Json: 'jsonb',
  Bytes: 'bytea',
  'Unsupported("xid8")': 'xid8',
};

/** The columns that schema.prisma declares. */
function columnsOfSchema(): Column[] {
  const schema = readFileSync(join(__dirname, '..', '..', 'prisma', 'schema.prisma'), 'utf8');
  return [...schema.matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm)].flatMap(([, body = '']) => {
    const table = `${/@@schema\("(\w+)"\)/.exec(body)?.[1] ?? ''}.${/@@map\("(\w+)"\)/.exec(body)?.[1] ?? ''}`;
    return [...body.matchAll(/^ {2}(\w+)\s+(\S+?)(\?)?(?=\s|$)(.*)$/gm)]
      .filter(([, , type = '']) => postgresTypes[type] !== undefined)
      .map(([, field = '', type = '', optional, rest = '']) => ({
        table,
        name: /@map\("(\w+)"\)/.exec(rest)?.[1] ?? field,
        type: rest.includes('@db.Date') ? 'date' : (postgresTypes[type] ?? ''),
        nullable: optional === '?',
      }));
  });
}

describe('services', () => {
  it("no service role can read another service's schema", async () => {
    const tables = {
      payments: 'payments.checkout',
      wallet: 'wallet.wallet',
      ledger: 'ledger.entry',
      identity: 'identity.merchant',
      payouts: 'payouts.payout',
      events: 'events.event',
      reconciliation: 'reconciliation.run',
      risk: 'risk.assessment',
      people: 'people.person',
    };
    for (const service of schemaNames) {
      const client = new pg.Client({ connectionString: stack.urls[service] });
      await client.connect();
      for (const other of schemaNames) {
        const read = client.query(`SELECT FROM ${tables[other]} LIMIT 1`);
        await (other === service
          ? expect(read).resolves.toBeDefined()
          : expect(read).rejects.toMatchObject({ code: '42501' }));
      }
      await client.end();
    }
  });

  it('no foreign key crosses schemas', async () => {
    const { rows } = await stack.owner.query(`
      SELECT conname FROM pg_constraint JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
      WHERE contype = 'f' AND child.relnamespace <> parent.relnamespace`);
    expect(rows).toEqual([]);
  });

  it('a final payment order stays final, and never changes what it is for', async () => {
    await stack.owner
      .query(`INSERT INTO payments.checkout (merchant_id, checkout_id, buyer_info, seller_info, credit_card_info, failure_policy, capture_method, request_fingerprint)
      VALUES ('default', 'kf', '{}', '[]', '{}', 'independent', 'automatic', '')`);
    await stack.owner
      .query(`INSERT INTO payments.payment_order (merchant_id, payment_order_id, checkout_id, position, buyer_account, seller_account, amount, currency)
      VALUES ('default', 'kf-1', 'kf', 0, 'b', 's', 100, 'EUR')`);
    const update = (set: string) =>
      stack.owner.query(`UPDATE payments.payment_order SET ${set} WHERE payment_order_id = 'kf-1'`);
    await expect(update('amount = 99')).rejects.toThrow("can't change what it is for");
    await expect(update(`payment_order_status = 'SUCCESS', phase = 'succeeded'`)).rejects.toMatchObject({
      code: '23514',
    });
    await update(`payment_order_status = 'SUCCESS', phase = 'succeeded', wallet_updated = true, ledger_updated = true`);
    await expect(
      update(`payment_order_status = 'FAILED', phase = 'declined', failure_reason = 'declined'`),
    ).rejects.toThrow('is final');
  });

  it('somebody listens to a connection in the moment in which it is handed out, so that its end ends no process', async () => {
    const adapter = await new SteadyPg({ connectionString: stack.urls.payments }).connect();
    const pool = adapter.underlyingDriver();
    const client = await pool.connect();
    expect(client.listenerCount('error')).toBe(1);
    client.release();
    await adapter.dispose();
  });

  it('I6 a pool without a free connection, and a server that is away, are waited for and no defect', async () => {
    const open = (connectionString: string) =>
      new PrismaClient({
        adapter: new SteadyPg({ connectionString, max: 1, connectionTimeoutMillis: 1_000 }, { schema: 'wallet' }),
      });
    const [busy, away] = [open(stack.urls.wallet), open('postgresql://nobody@127.0.0.1:1/nothing')];
    // Its one connection is there first: what is held up then is a pool, on a busy machine, too.
    await stack.eventually(() => busy.$queryRaw`SELECT 1`.then(() => undefined, String));
    const holds = busy.$queryRaw`SELECT pg_sleep(3)::text`.then(() => undefined);
    await pause(100);
    for (const database of [busy, away]) {
      const error: unknown = await database.$queryRaw`SELECT 1`.catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(Error);
      expect(toFailure(error)).toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
      await database.wallet.findMany().catch((failure: unknown) => {
        expect(toFailure(failure).type).toBe('StorageUnavailable');
      });
    }
    await holds;
    await Promise.all([busy.$disconnect(), away.$disconnect()]);
    expect(toFailure(new TypeError('a defect of ours')).type).toBe('InvariantViolated');
  });

  it('a statement that may take long takes long: no bound of the client ends it', async () => {
    const { reconciliation } = stack.databases;
    const [, rows] = await reconciliation.$transaction([
      long(reconciliation),
      reconciliation.$queryRaw<{ slept: string }[]>`SELECT pg_sleep(6)::text AS slept`,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('V10 a backlog is linked a batch at a time, each going on where the last one ended; what was missed is found', async () => {
    const { ledger } = stack.databases;
    const counted = async (sql: string) => (await stack.owner.query<{ n: number }>(sql)).rows[0]?.n;
    const open = `SELECT count(*)::int AS n FROM ledger.transaction AS t
                  WHERE NOT EXISTS (SELECT FROM ledger.chain AS c WHERE c.transaction_id = t.transaction_id)`;
    const before = (await counted(open)) ?? 0;
    expect(before).toBeGreaterThan(1);
    // What another test has not committed yet, in whichever database of the server, is waited for.
    await stack.eventually(async () => {
      const [row] = await ledger.$queryRaw<{ added: number }[]>`SELECT ledger.extend_chain(1, false) AS added`;
      return row?.added === 1 ? undefined : 'nothing may be linked yet';
    });
    expect(await counted(open)).toBe(before - 1);
    await stack.owner.query('UPDATE ledger.chain_mark SET upto = pg_snapshot_xmin(pg_current_snapshot()), upto_id = 0');
    await stack.eventually(async () => {
      for (let reached: bigint | undefined = 0n; reached !== undefined; reached = await linkMissed(ledger, reached));
      const left = await counted(open);
      return left === 0 ? undefined : `${String(left)} are without a link`;
    });
  });

  it('schema.prisma and the migrations agree', async () => {
    const { rows } = await stack.owner.query<Column>(
      `
      SELECT table_schema || '.' || table_name AS table, column_name AS name, udt_name AS type, is_nullable = 'YES' AS nullable
      FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
      WHERE table_schema = ANY($1) AND table_type = 'BASE TABLE'`,
      [schemaNames],
    );
    const sorted = (columns: Column[]) =>
      columns.map((column) => JSON.stringify([column.table, column.name, column.type, column.nullable])).sort();
    expect(sorted(columnsOfSchema())).toEqual(sorted(rows));
  });

  it('M1 amounts beyond 2^53 are kept to the last unit', async () => {
    const amountMinor = 9_007_199_254_740_993n;
    const id = unique('po');
    expect(postingLines('capture', { ...order, amountMinor })[0]).toEqual({ account: 'psp_clearing', amountMinor });
    await append(id, { amountMinor });
    const { rows } = await stack.owner.query<{ amount: string }>(
      `SELECT entry.amount FROM ledger.entry JOIN ledger.transaction USING (transaction_id) JOIN ledger.account USING (account_id) WHERE source_id = $1 AND code = 'psp_clearing'`,
      [id],
    );
    expect(rows).toEqual([{ amount: amountMinor.toString() }]);
  });
});
