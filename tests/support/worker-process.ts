import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { FailpointSpecification } from '../../failpoint';
import { testServers } from './servers';
import { secretsKey, type TestStack } from './stack';

/** The product's own worker process, started again each time it is killed, until it is to stop for good. */
export class WorkerProcesses {
  private readonly running = new Set<ChildProcess>();
  private stopping = false;

  constructor(
    private readonly stack: TestStack,
    private readonly env: NodeJS.ProcessEnv = {},
  ) {}

  /** Starts one, whose failpoints may be armed, and whoever takes its place too. */
  keep(failpoints?: FailpointSpecification): void {
    const servers = testServers();
    // The one file can't make a bundle of its own: what it would run for that isn't beside it.
    const program = 'WORKFLOW_BUNDLE' in this.env ? ['--import', 'tsx', 'worker.ts'] : [servers.worker];
    const worker = spawn(process.execPath, program, {
      env: {
        ...process.env,
        ...Object.fromEntries(
          Object.entries(this.stack.urls).map(([service, url]) => [`${service.toUpperCase()}_DATABASE_URL`, url]),
        ),
        TEMPORAL_ADDRESS: servers.temporalAddress,
        TEMPORAL_TASK_QUEUE: this.stack.taskQueue,
        STRIPE_SECRET_KEY: 'sk_test_default',
        STRIPE_API_URL: this.stack.sandboxUrl,
        PAYSAGA_SECRETS_KEY: secretsKey.toString('base64'),
        PAYSAGA_FAILPOINTS: failpoints === undefined ? undefined : JSON.stringify(failpoints),
        // Only to be started again sooner.
        WORKFLOW_BUNDLE: servers.realBundle,
        LOG_LEVEL: 'error',
        ...this.env,
      },
      stdio: 'ignore',
    });
    this.running.add(worker);
    worker.once('exit', () => {
      this.running.delete(worker);
      if (!this.stopping) this.keep(failpoints);
    });
  }

  /** Lets them all end what they do, and waits for it; others may be started then. */
  async rest(): Promise<void> {
    this.stopping = true;
    for (const worker of this.running) worker.kill('SIGTERM');
    while (this.running.size > 0) await pause(100);
    this.stopping = false;
  }

  stop(): void {
    this.stopping = true;
    for (const worker of this.running) worker.kill('SIGKILL');
  }
}
