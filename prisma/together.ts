import type { PrismaClient } from './database';
import { sqlState } from './storage-error';

/** The database is away, or is going: nothing of that is any one call's fault. */
const away = /^(08|53|57|58)/;

/** Statements of one kind under way at once. One that waits for a lock does not hold up all others. */
const abreast = 2;
const most = 100;

interface Waiting<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

/** Carries out what `run` is asked for, in the order of its inputs. */
export type Batch<Input, Output> = (client: PrismaClient, inputs: readonly Input[]) => Promise<readonly Output[]>;

class Queue<Input, Output> {
  private waiting: Waiting<Input, Output>[] = [];
  private underWay = 0;
  private isDue = false;

  constructor(
    private readonly run: (inputs: readonly Input[]) => Promise<readonly Output[]>,
    private readonly onIdle: () => void,
  ) {}

  add(input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, resolve, reject });
      this.schedule();
    });
  }

  /** Whoever comes in the same turn of the event loop comes along. */
  private schedule(): void {
    if (this.isDue || this.underWay >= abreast || this.waiting.length === 0) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      const batch = this.waiting.slice(0, most);
      this.waiting = this.waiting.slice(most);
      this.underWay += 1;
      void this.carryOut(batch).finally(() => {
        this.underWay -= 1;
        this.schedule();
        if (this.underWay === 0 && this.waiting.length === 0) this.onIdle();
      });
      this.schedule();
    });
  }

  private async carryOut(batch: readonly Waiting<Input, Output>[]): Promise<void> {
    try {
      const outputs = await this.run(batch.map(({ input }) => input));
      for (const [index, { resolve }] of batch.entries()) resolve(outputs[index] as Output);
    } catch (error) {
      const state = sqlState(error);
      if (batch.length === 1 || state === undefined || away.test(state)) for (const { reject } of batch) reject(error);
      // One that is refused takes the whole statement with it: each is told what becomes of itself.
      else for (const one of batch) await this.carryOut([one]);
    }
  }
}

/**
 * Group commit: calls that come while others of their kind are under way wait for those, and then go to the database together, in one
 * statement and one commit; each gets its own result. Where there is nobody to wait for nothing is waited for. Only for
 * statements that are safe to repeat, as one that is refused has the others of its batch sent again, alone.
 *
 * @param run one statement for all inputs; its outputs in their order
 * @param apart what must not share a statement, such as rows of different merchants where a session sees those of one
 */
export function together<Input, Output>(
  run: Batch<Input, Output>,
  apart: (input: Input) => string = () => '',
): (client: PrismaClient, input: Input) => Promise<Output> {
  const queues = new WeakMap<PrismaClient, Map<string, Queue<Input, Output>>>();
  return (client, input) => {
    const ofClient = queues.get(client) ?? new Map<string, Queue<Input, Output>>();
    queues.set(client, ofClient);
    const key = apart(input);
    const forget = (): boolean => ofClient.delete(key);
    const queue = ofClient.get(key) ?? new Queue<Input, Output>((inputs) => run(client, inputs), forget);
    ofClient.set(key, queue);
    return queue.add(input);
  };
}

/** Inputs with their places, as `jsonb_to_recordset` reads them. */
export const numbered = (rows: readonly object[]): string =>
  JSON.stringify(rows.map((row, place) => ({ ...row, place })));
