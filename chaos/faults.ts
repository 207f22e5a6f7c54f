import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Stack } from '../local/stack';
import type { Chance } from './chance';
import type { Findings } from './findings';
import type { Network } from './network';
import type { Shop } from './shop';

/** What may be done to a stack, besides its armed failpoints. */
export const faultKinds = [
  'failpoints',
  'worker',
  'api',
  'psp',
  'postgres',
  'temporal',
  'connections',
  'network',
  'psp-faults',
  'webhooks',
  'clock',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A part that was killed, and when. */
export interface Kill {
  readonly part: string;
  readonly at: number;
}

const acts = ['worker', 'api', 'psp', 'postgres', 'temporal', 'connections', 'network', 'clock'] as const;
type Act = (typeof acts)[number];
const webhookFaults = { duplicate: 0.2, reorder: 0.2, forge: 0.03, before_answer: 0.1, delay: 0.05, delay_ms: 3_000 };
const calm = { duplicate: 0, reorder: 0, forge: 0, before_answer: 0, delay: 0, delay_ms: 0 };

/** Does the chosen things to a stack, one after the other, in an order that the seed gives. */
export class Faults {
  readonly kills: Kill[] = [];
  private stopping = false;
  private jumps = 0;

  constructor(
    private readonly stack: Stack,
    private readonly database: pg.Pool,
    private readonly shop: Shop,
    private readonly network: Network | undefined,
    private readonly findings: Findings,
    private readonly chance: Chance,
    private readonly options: {
      readonly kinds: readonly FaultKind[];
      readonly everyMs: number;
      /** The workers that may be killed; one is left alone, so that its memory can be followed. */
      readonly workers: readonly string[];
      readonly say: (line: string) => void;
    },
  ) {}

  async run(): Promise<void> {
    const { kinds, everyMs, say } = this.options;
    if (kinds.includes('webhooks')) await this.shop.outside('/webhooks/faults', webhookFaults);
    const chosen = acts.filter((act) => kinds.includes(act) && (act !== 'network' || this.network !== undefined));
    for (let round = 0; chosen.length > 0 && !this.isOver(); round += 1) {
      await this.wait(everyMs * (0.6 + 0.8 * this.chance.next()));
      const act = chosen[round % chosen.length];
      if (act === undefined || this.isOver()) break;
      say(`  ${act}`);
      this.findings.count(`fault: ${act}`);
      await this.do(act).catch((error: unknown) => say(`  ${act} could not be done: ${String(error)}`));
    }
  }

  /** Takes back all that lasts, and resolves when nothing more is done. */
  async heal(): Promise<void> {
    this.stopping = true;
    await this.network?.heal();
    await this.shop.outside('/webhooks/faults', calm);
  }

  private async do(act: Act): Promise<void> {
    switch (act) {
      case 'worker':
        return this.kill(this.chance.one(this.options.workers));
      case 'api':
      case 'psp':
      case 'temporal':
        return this.kill(act);
      case 'postgres':
        // Half of the time as `pg_ctl stop -m immediate` does it, half as the kernel does it.
        return this.kill(act, this.chance.happens(0.5) ? 'SIGQUIT' : 'SIGKILL');
      case 'connections':
        await this.database.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'paysaga\\_%'",
        );
        return;
      case 'network':
        return this.network?.spoil(this.chance);
      case 'clock':
        // Well within the life of an idempotency key: a PSP whose clock is a day ahead has forgotten what it has promised to remember.
        if (this.jumps++ < 6) await this.shop.outside('/clock', { advance_seconds: 60 * this.chance.whole(5, 60) });
    }
  }

  private kill(part: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const pid = this.stack.pidOf(part);
    if (pid === null) return Promise.resolve();
    this.kills.push({ part: part.replace(/-\d+$/, ''), at: Date.now() });
    try {
      process.kill(pid, signal);
    } catch {
      // A failpoint was faster.
    }
    return Promise.resolve();
  }

  private isOver(): boolean {
    return this.stopping;
  }

  private async wait(ms: number): Promise<void> {
    for (const until = Date.now() + ms; Date.now() < until && !this.isOver();) await pause(200);
  }
}
