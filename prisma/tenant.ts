import { AsyncLocalStorage } from 'node:async_hooks';
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
type Query = Parameters<Adapter['queryRaw']>[0];

const plain = (sql: string): Query => ({ sql, args: [], argTypes: [] });

/** The adapter's own rollback only gives the connection back. */
async function undo(transaction: Transaction): Promise<void> {
  await transaction.executeRaw(plain('ROLLBACK')).catch(() => undefined);
  await transaction.rollback();
}

/** Connection parameters by which a process sees all rows without saying so each time. */
export const connectionOptions = (reach: Reach): { options?: string } =>
  reach === 'everything' ? { options: `-c ${setting}=${everybody}` } : {};

/**
 * Tells Postgres in each transaction whose rows it may see, so that a forgotten WHERE shows nothing of another merchant.
 * The setting ends with the transaction: a connection that goes back to the pool remembers nobody.
 */
export class TenantPg extends SteadyPg {
  override async connect(): Promise<Adapter> {
    const adapter = await super.connect();
    const begin = adapter.startTransaction.bind(adapter);
    const named = async (...level: Parameters<Adapter['startTransaction']>): Promise<Transaction> => {
      const transaction = await begin(...level);
      const merchantId = current.getStore();
      if (merchantId === undefined) return transaction;
      try {
        await transaction.queryRaw({
          sql: `SELECT set_config('${setting}', $1, true)`,
          args: [merchantId],
          argTypes: [{ scalarType: 'string', arity: 'scalar' }],
        });
        return transaction;
      } catch (error) {
        await undo(transaction);
        throw error;
      }
    };
    const alone = async <Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> => {
      const transaction = await named();
      try {
        const result = await work(transaction);
        await transaction.executeRaw(plain('COMMIT'));
        await transaction.commit();
        return result;
      } catch (error) {
        await undo(transaction);
        throw error;
      }
    };
    adapter.startTransaction = named;
    adapter.queryRaw = (query) => alone((transaction) => transaction.queryRaw(query));
    adapter.executeRaw = (query) => alone((transaction) => transaction.executeRaw(query));
    return adapter;
  }
}
