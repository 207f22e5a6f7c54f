import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import { compiledWorker } from '../../local/compiled-worker';
import { ensureDatabase, preparePostgres } from '../../local/embedded-postgres';
import { freePort } from '../../local/ports';
import { temporalProgram } from '../../local/temporal-server';
import { applyMigrations, setServicePasswords } from '../../prisma/migrate';
import { prepareNamespace } from '../../temporal/namespace';
import { workflowSources } from '../../temporal/workflow-sources';
import { serviceUrlsOf, type TestServers } from './servers';

const children: ChildProcess[] = [];

async function until(what: string, probe: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await probe();
      return;
    } catch (error) {
      if (tries > 300) throw new Error(`${what} did not start`, { cause: error });
      await pause(100);
    }
  }
}

/** One Postgres with a migrated template, one Temporal server and one workflow bundle for the whole run. */
export default async function globalSetup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'paysaga-test-'));
  // The account that Postgres runs under has to get in.
  chmodSync(folder, 0o755);
  const [postgresPort, temporalPort, uiPort, metricsPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const [databaseServerUrl, bundle, realBundle, worker] = await Promise.all([
    startPostgres(folder, postgresPort),
    bundleForTests(folder, 'workflow-bundle.js', [join(__dirname, 'short-timers')]),
    bundleForTests(folder, 'workflow-bundle-as-it-is.js', []),
    compiledWorker('tests'),
    startTemporal(folder, { port: temporalPort, uiPort, metricsPort }),
  ]);
  const servers: TestServers = {
    folder,
    databaseServerUrl,
    temporalAddress: `127.0.0.1:${String(temporalPort)}`,
    temporalUiUrl: `http://127.0.0.1:${String(uiPort)}`,
    temporalMetricsUrl: `http://127.0.0.1:${String(metricsPort)}/metrics`,
    bundle,
    realBundle,
    worker,
  };
  process.env['PAYSAGA_TEST_SERVERS'] = JSON.stringify(servers);
  (globalThis as { paysagaTestChildren?: ChildProcess[] }).paysagaTestChildren = children;
}

async function startPostgres(folder: string, port: number): Promise<string> {
  const program = await preparePostgres(folder, port, 'test-owner');
  children.push(spawn(program.command, program.arguments, { ...program.identity, stdio: 'ignore' }));
  const server = `postgresql://paysaga:test-owner@127.0.0.1:${String(port)}`;
  await until('postgres', async () => {
    const client = new pg.Client({ connectionString: `${server}/postgres` });
    await client.connect();
    await client.end();
  });
  await ensureDatabase(`${server}/postgres`, 'template_paysaga');
  await applyMigrations(`${server}/template_paysaga`);
  await setServicePasswords(`${server}/template_paysaga`, serviceUrlsOf(server, 'template_paysaga'));
  return server;
}

async function startTemporal(
  folder: string,
  ports: { port: number; uiPort: number; metricsPort: number },
): Promise<void> {
  const program = temporalProgram({ ...ports, databaseFile: join(folder, 'temporal.db') });
  children.push(spawn(program.command, program.arguments, { stdio: 'ignore' }));
  await until('temporal', async () => {
    const connection = await Connection.connect({ address: `127.0.0.1:${String(ports.port)}`, connectTimeout: 1_000 });
    await prepareNamespace(connection, 'default');
    await connection.close();
  });
}

async function bundleForTests(folder: string, name: string, interceptors: string[]): Promise<string> {
  const { code } = await bundleWorkflowCode({
    ...workflowSources,
    workflowInterceptorModules: interceptors,
    logger: new DefaultLogger('ERROR'),
  });
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}
