import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { freePort } from '../local/ports';
import { FullTemporal } from '../local/full-temporal';
import { Stack, workerHeapFlag, type RunFile } from '../local/stack';
import { cpuOfFamily, memoryOf } from './machine';

export interface GroundOptions {
  /** History shards of a full Temporal server; without, it is the dev server. */
  readonly shards: number | undefined;
  readonly workers: number;
}

const root = join(__dirname, '..');
const floorQueue = 'floor';
/** Of Paysaga's workers and of the floor's. */
const slots = { workflows: 40, activities: 100 };

/** A worker and an API beside those of the stack. */
export interface Twin {
  readonly name: string;
  /** The stack's, with the twin's API. */
  readonly run: RunFile;
  /** CPU seconds so far, of each process that has a part in a payment of the twin's. */
  readonly cpu: () => Record<string, number>;
  readonly stop: () => Promise<void>;
}

/** What everything is measured on: a stack of its own, and the floor's worker at the same Temporal server. */
export class Ground {
  private constructor(
    private readonly home: string,
    private readonly stack: Stack,
    private readonly temporal: FullTemporal | undefined,
    private readonly floor: ChildProcess,
    readonly run: RunFile,
    readonly client: Client,
    readonly database: pg.Client,
  ) {}

  static async prepare(options: GroundOptions, say: (line: string) => void): Promise<Ground> {
    const home = mkdtempSync(join(tmpdir(), 'paysaga-bench-'));
    chmodSync(home, 0o755);
    const undo: (() => unknown)[] = [() => rmSync(home, { recursive: true, force: true })];
    try {
      const temporal =
        options.shards === undefined ? undefined : await FullTemporal.start(join(home, 'full'), options.shards, say);
      undo.push(() => temporal?.stop());
      const stack = await Stack.open({
        home: join(home, 'stack'),
        env: {
          ...process.env,
          LOG_LEVEL: 'warn',
          RATE_LIMIT_WRITES_PER_MINUTE: '10000000',
          WORKER_WORKFLOW_SLOTS: String(slots.workflows),
          WORKER_ACTIVITY_SLOTS: String(slots.activities),
          RATE_LIMIT_READS_PER_MINUTE: '10000000',
          ...(temporal !== undefined && { TEMPORAL_ADDRESS: temporal.address }),
        },
        workers: options.workers,
        say: () => undefined,
      });
      undo.push(() => stack.stop());
      const run = await stack.start();
      const floor = await startFloor(run);
      undo.push(() => end(floor));
      const connection = await Connection.connect({ address: run.temporalAddress });
      const database = new pg.Client({ connectionString: run.databaseUrl });
      await database.connect();
      const client = new Client({ connection, namespace: run.namespace });
      const ground = new Ground(home, stack, temporal, floor, run, client, database);
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => void ground.leave().finally(() => process.exit(130)));
      return ground;
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  readonly floorQueue = floorQueue;

  /** Another API of this stack, with some of its settings otherwise. */
  async startApi(otherwise: NodeJS.ProcessEnv): Promise<{
    readonly url: string;
    readonly cpu: () => number;
    readonly stop: () => Promise<void>;
  }> {
    const port = await freePort();
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'api', 'server.ts')], {
      env: { ...this.stack.environmentOf('api'), API_PORT: String(port), ...otherwise },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const url = `http://127.0.0.1:${String(port)}`;
    const deadline = Date.now() + 60_000;
    for (;;) {
      const isReady = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return { url, cpu: () => cpuOfFamily(child.pid ?? process.pid), stop: () => end(child) };
      if (child.exitCode !== null || Date.now() > deadline) {
        await end(child);
        throw new Error('another API did not start');
      }
      await pause(200);
    }
  }

  /** A worker of another program, and an API for it: beside this stack's own, on a task queue that is theirs alone. */
  async startTwin(name: string, program: string): Promise<Twin> {
    const queue = { TEMPORAL_TASK_QUEUE: `${this.run.taskQueue}-${name}` };
    const worker = spawn(
      process.execPath,
      [workerHeapFlag, '--import', 'tsx', join(root, program)],
      // Not the stack's first worker, which has the port for metrics.
      {
        env: { ...this.stack.environmentOf(`worker-${name}`), ...queue },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    );
    try {
      await readiness(worker, `the worker of ${name}`);
      const api = await this.startApi(queue);
      return {
        name,
        run: { ...this.run, apiUrl: api.url },
        cpu: () => {
          const { api: itsApi = 0, worker: itsWorker = 0, ...shared } = this.cpu();
          return { ...shared, api: itsApi + api.cpu(), worker: itsWorker + cpuOfFamily(worker.pid ?? process.pid) };
        },
        stop: async () => {
          await api.stop();
          await end(worker);
        },
      };
    } catch (error) {
      await end(worker);
      throw error;
    }
  }

  /** CPU seconds so far, of each process that has a part in a payment. */
  cpu(): Record<string, number> {
    const { pids } = this.run;
    const of = (...found: (number | null | undefined)[]): number =>
      found.reduce<number>((sum, pid) => sum + (typeof pid === 'number' ? cpuOfFamily(pid) : 0), 0);
    return {
      api: of(pids.api),
      worker: of(...this.stack.workerNames.map((name) => this.stack.pidOf(name))),
      temporal: of(pids.temporal, this.temporal?.pidOf('temporal')),
      "temporal's postgres": of(this.temporal?.pidOf('postgres')),
      postgres: of(pids.postgres),
      psp: of(pids.psp),
      "floor's worker": of(this.floor.pid),
      clients: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    };
  }

  workerMemoryMb(): number {
    return memoryOf(this.run.pids.worker ?? process.pid);
  }

  /** Halts the workers, or lets them go on. */
  halt(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const name of this.stack.workerNames) {
      const pid = this.stack.pidOf(name);
      if (pid !== null) process.kill(pid, signal);
    }
  }

  async leave(): Promise<void> {
    await this.database.end();
    await this.client.connection.close();
    await end(this.floor);
    await this.stack.stop();
    await this.temporal?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

async function startFloor(run: RunFile): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      join(__dirname, 'floor', 'worker.ts'),
      run.temporalAddress,
      run.namespace,
      floorQueue,
      String(slots.workflows),
      String(slots.activities),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  await readiness(child, "the floor's worker");
  return child;
}

const readiness = (child: ChildProcess, what: string): Promise<void> =>
  new Promise((ready, failed) => {
    child.once('message', () => ready());
    child.once('exit', () => failed(new Error(`${what} did not start`)));
  });

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await ended;
}
