import { schemaNames, serviceRole, type SchemaName, type SchemaUrls } from '../../prisma/services';

/** What the global set-up has started. */
export interface TestServers {
  readonly folder: string;
  /** Without a database name. */
  readonly databaseServerUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string;
  readonly temporalMetricsUrl: string;
  /** The workflows with short timers, and as they are. */
  readonly bundle: string;
  readonly realBundle: string;
  /** The worker as one file, which starts sooner. */
  readonly worker: string;
}

export const testServers = (): TestServers => JSON.parse(process.env['PAYSAGA_TEST_SERVERS'] ?? '{}') as TestServers;

/** Each schema's own connection string to a database of the test server. */
export function serviceUrlsOf(server: string, database: string): SchemaUrls {
  const url = (service: SchemaName): string => {
    const own = new URL(`${server}/${database}`);
    own.username = serviceRole(service);
    own.password = `test-${service}`;
    return own.href;
  };
  return Object.fromEntries(schemaNames.map((service) => [service, url(service)])) as Record<SchemaName, string>;
}
