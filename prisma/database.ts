import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { PrismaClient } from './generated/client';
import { serviceNames, type SchemaName, type ServiceName, type ServiceUrls } from './services';
import { SteadyPg } from './steady-pg';
import { connectionOptions, TenantPg, type Reach } from './tenant';

export type { PrismaClient } from './generated/client';

/** One client per service, each logged in as that service's own role. */
export type Databases = Readonly<Record<ServiceName, PrismaClient>>;

/** What a pool may hold at most; count roles × pools × processes against the server's `max_connections`. */
const connectionsPerService: Readonly<Record<SchemaName, number>> = {
  payments: 10,
  wallet: 5,
  ledger: 5,
  identity: 5,
  payouts: 3,
  events: 3,
  reconciliation: 3,
  risk: 5,
  people: 5,
};

/** Postgres bounds each statement (`statement_timeout`); the client's own bound of five seconds would end those that may take long. */
const longestTransactionMs = 15 * 60_000;
/** How long a query or a transaction waits for a connection: the client's own two seconds are too few on a busy machine. */
const longestWaitMs = 10_000;

const statementNames = new LRUCache<string, string>({ max: 500 });

/** A stable name per statement text makes Postgres plan it once per connection. */
function statementName(sql: string): string {
  let name = statementNames.get(sql);
  if (name === undefined) {
    name = `ps_${createHash('sha1').update(sql).digest('base64url')}`;
    statementNames.set(sql, name);
  }
  return name;
}

/**
 * One service's client, logged in as that service's own role. Opens lazily: nothing connects until the first query.
 *
 * @param reach whose rows the process may see
 */
export function openDatabase(
  service: SchemaName,
  url: string,
  reach: Reach,
  onError: (error: Error) => void,
): PrismaClient {
  const Adapter = reach === 'everything' ? SteadyPg : TenantPg;
  const adapter = new Adapter(
    {
      connectionString: url,
      ...connectionOptions(reach),
      max: connectionsPerService[service],
      connectionTimeoutMillis: longestWaitMs,
      keepAlive: true,
    },
    {
      schema: service,
      statementNameGenerator: (query) => statementName(query.sql),
      onPoolError: onError,
      onConnectionError: onError,
    },
  );
  return new PrismaClient({ adapter, transactionOptions: { timeout: longestTransactionMs, maxWait: longestWaitMs } });
}

/** All services' clients, each as {@link openDatabase} opens it. */
export function openDatabases(urls: ServiceUrls, reach: Reach, onError: (error: Error) => void): Databases {
  const open = (service: ServiceName): PrismaClient => openDatabase(service, urls[service], reach, onError);
  return {
    payments: open('payments'),
    wallet: open('wallet'),
    ledger: open('ledger'),
    identity: open('identity'),
    payouts: open('payouts'),
    events: open('events'),
    reconciliation: open('reconciliation'),
    risk: open('risk'),
  };
}

export async function closeDatabases(databases: Databases): Promise<void> {
  await Promise.all(serviceNames.map((service) => databases[service].$disconnect()));
}
