import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import Long from 'long';
import { cacheFolder, findOnPath } from '../scripts/tools.mjs';
import { ensureDatabase, preparePostgres } from './embedded-postgres';
import { Part } from './part';
import { StartupError, wordsOf } from './startup-error';
import { freePort } from './ports';

export const fullTemporalVersion = '1.31.2';

const programs = join(cacheFolder, `temporal-server-${fullTemporalVersion}`);
const password = 'of-the-full-server';
const root = join(__dirname, '..');

/**
 * Temporal's full server with its tables in a Postgres of its own and the dynamic configuration of `deploy/temporal`, as
 * docker-compose.temporal.yml has it. Built with Go at the first call, some minutes, and kept in the user's cache folder.
 */
export class FullTemporal {
  private constructor(
    readonly address: string,
    private readonly parts: readonly Part[],
  ) {}

  /** @param home a folder that Postgres' user may enter */
  static async start(home: string, shards: number, say: (line: string) => void): Promise<FullTemporal> {
    const schemas = build(say);
    const parts: Part[] = [];
    const start = async (specification: ConstructorParameters<typeof Part>[0]): Promise<void> => {
      const part = new Part(specification, say, () => undefined);
      parts.push(part);
      await part.start();
    };
    try {
      const postgres = await freePort();
      await start(await postgresPart(home, postgres));
      makeTables(postgres, schemas);
      const frontend = await freePort();
      await start(await serverPart(home, postgres, frontend, shards));
      const address = `127.0.0.1:${String(frontend)}`;
      await makeNamespace(address);
      return new FullTemporal(address, parts);
    } catch (error) {
      await stopAll(parts);
      throw error;
    }
  }

  /** Of `temporal` and its `postgres`. */
  pidOf(name: string): number | undefined {
    return this.parts.find((part) => part.name === name)?.pid;
  }

  stop(): Promise<void> {
    return stopAll(this.parts);
  }
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  for (const part of [...parts].reverse()) await part.stop();
}

/** Builds server and table tool where they aren't yet. Answers where the tables' definitions are. */
function build(say: (line: string) => void): string {
  const go = findOnPath('go');
  if (go === undefined)
    throw new StartupError('temporal', 'Go is needed to build the full server.', 'Install Go 1.26 or newer.');
  const modules = ['cmd/server', 'cmd/tools/sql'].map(
    (name) => `go.temporal.io/server/${name}@v${fullTemporalVersion}`,
  );
  if (!['server', 'sql'].every((name) => existsSync(join(programs, name)))) {
    say('building the Temporal server, some minutes …');
    mkdirSync(programs, { recursive: true });
    execFileSync(go, ['install', ...modules], { env: { ...process.env, GOBIN: programs }, stdio: 'inherit' });
  }
  const cache = execFileSync(go, ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  return join(cache, 'go.temporal.io', `server@v${fullTemporalVersion}`, 'schema', 'postgresql', 'v12');
}

const logs = (home: string): string => join(home, 'logs');

async function postgresPart(home: string, port: number): Promise<ConstructorParameters<typeof Part>[0]> {
  const program = await preparePostgres(home, port, password);
  return {
    name: 'postgres',
    ...program,
    logFile: join(logs(home), 'postgres.log'),
    stopSignal: 'SIGINT',
    readyWithinMs: 60_000,
    probe: () => ensureDatabase(`postgresql://paysaga:${password}@127.0.0.1:${String(port)}/postgres`, 'temporal'),
  };
}

/** Temporal's own tool for its tables. */
function sql(port: number, database: string, ...words: readonly string[]): void {
  const to = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '-p', String(port), '-u', 'paysaga', '--pw', password];
  const { status, stderr, stdout } = spawnSync(join(programs, 'sql'), [...to, '--db', database, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new StartupError('temporal', `its tables could not be made: ${stderr || stdout}`, '');
}

function makeTables(port: number, schemas: string): void {
  for (const [database, kind] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ] as const) {
    if (database !== 'temporal') sql(port, database, 'create-database');
    sql(port, database, 'setup-schema', '-v', '0.0');
    sql(port, database, 'update-schema', '-d', join(schemas, kind, 'versioned'));
  }
}

async function serverPart(
  home: string,
  postgres: number,
  frontend: number,
  shards: number,
): Promise<ConstructorParameters<typeof Part>[0]> {
  const folder = join(home, 'config');
  mkdirSync(folder, { recursive: true });
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${String(postgres)}`,
      connectProtocol: 'tcp',
      user: 'paysaga',
      password,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  });
  // Temporal's tables keep its servers' ports as SMALLINT, which ours fit in.
  const service = async (grpcPort: number) => ({
    rpc: { grpcPort, membershipPort: await freePort(), bindOnLocalHost: true },
  });
  const address = `127.0.0.1:${String(frontend)}`;
  // JSON is YAML.
  const config = {
    log: { stdout: true, level: 'error' },
    persistence: {
      numHistoryShards: shards,
      defaultStore: 'default',
      visibilityStore: 'visibility',
      datastores: { default: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: await service(frontend),
      history: await service(await freePort()),
      matching: await service(await freePort()),
      worker: await service(await freePort()),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: address },
    dynamicConfigClient: {
      filepath: join(root, 'deploy', 'temporal', 'dynamic-config.yaml'),
      pollInterval: '60s',
    },
  };
  writeFileSync(join(folder, 'development.yaml'), JSON.stringify(config, null, 2));
  return {
    name: 'temporal',
    command: join(programs, 'server'),
    arguments: ['--root', home, '--config', 'config', '--env', 'development', 'start'],
    logFile: join(logs(home), 'temporal.log'),
    stopSignal: 'SIGTERM',
    readyWithinMs: 120_000,
    probe: () => connected(address, (connection) => connection.workflowService.getSystemInfo({})),
  };
}

async function connected(address: string, work: (connection: Connection) => Promise<unknown>): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

const namespacePatienceMs = 60_000;

async function makeNamespace(address: string): Promise<void> {
  await connected(address, (connection) =>
    connection.workflowService.registerNamespace({
      namespace: 'default',
      workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(30 * 24 * 3_600) },
    }),
  );
  // Each of the server's services hears of it a moment later.
  const deadline = Date.now() + namespacePatienceMs;
  for (;;) {
    try {
      await connected(address, (connection) =>
        connection.workflowService.listWorkflowExecutions({ namespace: 'default', pageSize: 1 }),
      );
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new StartupError('temporal', `its namespace does not answer: ${wordsOf(error)}`, '');
      await pause(500);
    }
  }
}
