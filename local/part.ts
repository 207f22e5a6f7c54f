import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StartupError, wordsOf } from './startup-error';

/** How to run one part of the stack. */
export interface PartSpecification {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly identity?: { uid?: number; gid?: number };
  readonly logFile: string;
  readonly stopSignal: NodeJS.Signals;
  /** Resolves when the part answers. Called again and again until it does. */
  readonly probe: () => Promise<void>;
  readonly readyWithinMs: number;
  /** For one that may go deaf and live on: asked so often, and killed when it has not answered so many times in a row. */
  readonly deaf?: { readonly everyMs: number; readonly times: number };
  /** How long it stays away when it has died: the first time, and at most. */
  readonly pauses?: readonly [firstMs: number, longestMs: number];
}

const usualPauses = [500, 2_000] as const;
/** A part that has run this long has recovered: its next death starts again at the first pause. */
const healthyAfterMs = 10_000;
const stopPatienceMs = 15_000;

/** One process of the stack, started again when it dies. */
export class Part {
  private child: ChildProcess | undefined;
  private stopping = false;
  private pauseMs: number;

  constructor(
    private readonly specification: PartSpecification,
    private readonly say: (line: string) => void,
    private readonly onNewPid: () => void,
  ) {
    [this.pauseMs] = this.pauses;
  }

  private get pauses(): readonly [number, number] {
    return this.specification.pauses ?? usualPauses;
  }

  get name(): string {
    return this.specification.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts the part and waits until it answers. @throws StartupError with the end of its log */
  async start(): Promise<void> {
    const child = this.launch();
    const deadline = Date.now() + this.specification.readyWithinMs;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw this.startupError(`it ended at once (${describeEnd(child)})`);
      try {
        await this.specification.probe();
        break;
      } catch (error) {
        if (Date.now() > deadline)
          throw this.startupError(
            `it did not answer within ${String(this.specification.readyWithinMs / 1000)} s (${wordsOf(error)})`,
          );
        await pause(50);
      }
    }
    this.superviseFrom(child);
  }

  /** Stops the part and waits for its end; kills it when it doesn't go. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(this.specification.stopSignal);
    const patience = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs);
    await ended;
    clearTimeout(patience);
  }

  private launch(): ChildProcess {
    const { command, arguments: list, env, identity, logFile } = this.specification;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    // A group of its own: Ctrl-C reaches the supervisor only, which then stops the parts in order.
    const child = spawn(command, list, {
      ...identity,
      env: env ?? process.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child.once('error', (error) => this.say(`${this.name}: ${error.message}`));
    this.child = child;
    return child;
  }

  private superviseFrom(child: ChildProcess): void {
    const startedAt = Date.now();
    const onExit = (): void => {
      if (this.stopping) return;
      if (Date.now() - startedAt > healthyAfterMs) [this.pauseMs] = this.pauses;
      this.say(`${this.name} ended (${describeEnd(child)}); starting it again in ${String(this.pauseMs / 1000)} s`);
      void this.restart();
    };
    if (child.exitCode !== null || child.signalCode !== null) onExit();
    else child.once('exit', onExit);
    const { deaf } = this.specification;
    if (deaf !== undefined) void this.listenTo(child, deaf);
  }

  /** Kills a process that answers nothing any more; its end starts it again. One that is being started gets all the tries, too. */
  private async listenTo(child: ChildProcess, { everyMs, times }: { everyMs: number; times: number }): Promise<void> {
    for (let missed = 0; missed < times;) {
      await pause(everyMs, undefined, { ref: false });
      if (this.stopping || child.exitCode !== null || child.signalCode !== null) return;
      const silence = new AbortController();
      missed = await Promise.race([
        this.specification.probe().then(() => 0),
        pause(everyMs, missed + 1, { ref: false, signal: silence.signal }),
      ])
        .catch(() => missed + 1)
        .finally(() => silence.abort());
    }
    if (this.stopping || child.exitCode !== null || child.signalCode !== null) return;
    this.say(`${this.name} has not answered ${String(times)} times in a row: it is killed`);
    child.kill('SIGKILL');
  }

  private async restart(): Promise<void> {
    await pause(this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, this.pauses[1]);
    if (this.stopping) return;
    const child = this.launch();
    this.onNewPid();
    this.say(`${this.name} is running again, pid ${String(child.pid)}`);
    this.superviseFrom(child);
  }

  private startupError(why: string): StartupError {
    const log = readFileSync(this.specification.logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n    ');
    return new StartupError(
      this.name,
      `${why}. The end of its log:\n    ${log}\n `,
      `The whole log is ${this.specification.logFile}.`,
    );
  }
}

const describeEnd = (child: ChildProcess): string =>
  child.signalCode === null ? `code ${String(child.exitCode)}` : `signal ${child.signalCode}`;
