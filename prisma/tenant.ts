import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { identifierPattern } from '../domain/identifiers';
import { SteadyPg } from './steady-pg';

/** Whose rows a process sees: everybody's (the worker, tools), or those of the merchant that a request is for (the API). */
export type Reach = 'everything' | 'one_merchant';

/** What policies take for "everybody's rows"; no merchant's id can be it. */
export const everybody = '*';
const setting = 'paysaga.merchant';

const current = new AsyncLocalStorage<string>();

/** Runs work that sees the rows of one merchant and no others (X2). Outside of it and of {@link asEverybody} nothing is seen. */
export function asMerchant<Result>(merchantId: string, work: () => Result): Result {
  if (!identifierPattern.test(merchantId)) throw new RangeError('that is no merchant');
  return current.run(merchantId, work);
}

/** Runs work that is about no merchant: finding out whose a key is, counting for metrics. */
export const asEverybody = <Result>(work: () => Result): Result => current.run(everybody, work);

type Adapter = Awaited<ReturnType<SteadyPg['connect']>>;
type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;

/** Connection parameters by which a process sees all rows without saying so each time. */
export const connectionOptions = (reach: Reach): { options?: string } =>
  reach === 'everything' ? { options: `-c ${setting}=${everybody}` } : {};

/** Prepared once on each connection, so that naming the merchant is two short messages. */
const naming = { name: 'paysaga_merchant', text: `SELECT set_config('${setting}', $1, true)` };

/** What of pg's own query the one below builds on; its types say less than its documentation of custom queries. */
interface PreparedQuery extends pg.Submittable {
  prepare(connection: pg.Connection): void;
  handleDataRow(row: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
}
const Prepared = pg.Query as unknown as new (
  config: pg.QueryConfig & { readonly queryMode: 'extended' },
  values: undefined,
  done: (error: Error | null, result: pg.QueryResult) => void,
) => PreparedQuery;

/**
 * A statement with its merchant's name before it, sent together: up to the one Sync at the end both are one transaction (PostgreSQL,
 * 54.2.3 Extended Query), so that the setting is there for the statement and gone with it.
 */
class NamedQuery extends Prepared {
  private named = false;

  constructor(
    private readonly merchantId: string,
    config: pg.QueryConfig,
    done: (error: Error | null, result: pg.QueryResult) => void,
  ) {
    // Also one without parameters, which pg would send in the simple form, alone.
    super({ ...config, queryMode: 'extended' }, undefined, done);
  }

  override prepare(connection: pg.Connection): void {
    connection.bind({ statement: naming.name, values: [this.merchantId] }, true);
    connection.execute({}, true);
    super.prepare(connection);
  }

  override handleDataRow(row: unknown): void {
    if (this.named) super.handleDataRow(row);
  }

  override handleCommandComplete(message: unknown, connection: pg.Connection): void {
    if (this.named) super.handleCommandComplete(message, connection);
    this.named = true;
  }
}

/** A connection outlives a statement that Postgres has refused. */
const isRefusal = (error: unknown): boolean => error instanceof pg.DatabaseError && error.severity === 'ERROR';

/**
 * Tells Postgres with each statement, or at the beginning of each transaction, whose rows it may see, so that a forgotten WHERE
 * shows nothing of another merchant. The setting ends with the transaction: a connection that goes back to the pool remembers nobody.
 */
export class TenantPg extends SteadyPg {
  override async connect(): Promise<Adapter> {
    const adapter = await super.connect();
    const pool = adapter.underlyingDriver();
    // Waited for before anybody uses the connection, which the types don't say; who asked for it is told where it fails.
    Object.assign(pool.options, { onConnect: (client: pg.PoolClient) => client.query({ ...naming, values: [''] }) });
    const plainQuery = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<pg.QueryResult>;
    const named = async (config: pg.QueryConfig): Promise<pg.QueryResult> => {
      const merchantId = current.getStore();
      if (merchantId === undefined) return plainQuery(config);
      const client = await pool.connect();
      return new Promise((resolve, reject) => {
        const query = new NamedQuery(merchantId, config, (error, result) => {
          client.release(error === null || isRefusal(error) ? undefined : error);
          if (error === null) resolve(result);
          else reject(error);
        });
        client.query(query);
      });
    };
    pool.query = named as typeof pool.query;

    const begin = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (...level: Parameters<Adapter['startTransaction']>): Promise<Transaction> => {
      const transaction = await begin(...level);
      const merchantId = current.getStore();
      if (merchantId === undefined) return transaction;
      try {
        await transaction.queryRaw({
          sql: naming.text,
          args: [merchantId],
          argTypes: [{ scalarType: 'string', arity: 'scalar' }],
        });
        return transaction;
      } catch (error) {
        // The adapter's own rollback only gives the connection back.
        await transaction.executeRaw({ sql: 'ROLLBACK', args: [], argTypes: [] }).catch(() => undefined);
        await transaction.rollback();
        throw error;
      }
    };
    return adapter;
  }
}
