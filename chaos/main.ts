import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import type { FailpointSpecification } from '../failpoint';
import { compiledWorker } from '../local/compiled-worker';
import { Stack, type RunFile } from '../local/stack';
import { Chance } from './chance';
import { faultKinds, Faults, type FaultKind } from './faults';
import { Findings } from './findings';
import { armedPoints, gapsToHit } from './gaps';
import { foreignMinor, Load, pspFaults, storyNames, type Story } from './load';
import { Network } from './network';
import { Oracle } from './oracle';
import { quantile, readHits, recoveriesMs } from './recovery';
import { Shop } from './shop';

/** At so many gaps a long run must have killed often. */
const gapsToSpread = 25;

const usage = `Usage: npm run chaos -- [options]

  --seed S        the run's chance: equal seeds post the same payments and meet the same fates (1)
  --minutes M     how long payments are posted under faults (5)
  --orders N      … or until so many payment orders were posted
  --kills N       how many processes failpoints are to kill, spread over all gaps (100): with so many, and a hundredth of
                  that at each of ${String(gapsToSpread)} gaps, they rest; with a quarter more, however they are spread
  --fault KINDS   with commas between: ${faultKinds.join(', ')}
                  (all; "network" needs toxiproxy)
  --every S       seconds between two faults that are done to whole parts (20)
  --abreast N     checkouts under way at once (100)
  --workers N     worker processes, the last of which nobody kills from outside (6)
  --gaps NAMES    gaps or activities that failpoints strike often, with commas between, such as charge,bookCapture
  --psp-share P   the share of checkouts and refunds about which the PSP misbehaves by itself (0.12)
  --psp-kinds KINDS  … and how, with commas between: ${pspFaults.join(', ')} (all of these), decline
  --stories NAMES what happens to checkouts, with commas between: ${storyNames.join(', ')} (all)
  --refund-share P  the share of paid orders that are given back (0.16)
  --forgotten S   how long after the last fault nothing may be forgotten any more (120)
  --settle S      how long everything may take to come to its end after the last fault (900)
  --json FILE     the verdict is also written to this file, for programs
  --evidence FILE the verdict is appended to this file, as Markdown
  --until-killed  payments are posted until so many were killed, too, even if that takes more of them
  --keep          the folder of the run is kept, also when all is well

Posts payments to a stack of its own, breaks it in every way, heals it, and has an oracle outside judge. Exits 1 on a violation.`;

const root = join(__dirname, '..');
/** What the local stack's retry and park times allow: the figures that a run must keep. */
const recoveryLimitsMs: Readonly<Record<string, number>> = { worker: 30_000, postgres: 60_000, temporal: 90_000 };

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly orders: number | undefined;
  readonly kills: number;
  readonly kinds: readonly FaultKind[];
  readonly everyMs: number;
  readonly abreast: number;
  readonly workers: number;
  readonly gaps: readonly string[];
  readonly pspShare: number;
  readonly pspKinds: readonly string[];
  readonly refundShare: number;
  readonly stories: readonly Story[];
  /** After so long everything must have come to its end, with an operator saying "retry". */
  readonly settledWithinMs: number;
  /** V9: after so long without faults nothing may be forgotten. */
  readonly forgottenAfterMs: number;
  readonly json: string | undefined;
  readonly evidence: string | undefined;
  readonly untilKilled: boolean;
  readonly keep: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '5' },
      orders: { type: 'string' },
      kills: { type: 'string', default: '100' },
      fault: { type: 'string', default: faultKinds.join(',') },
      every: { type: 'string', default: '20' },
      abreast: { type: 'string', default: '100' },
      workers: { type: 'string', default: '6' },
      gaps: { type: 'string', default: '' },
      'psp-share': { type: 'string', default: '0.12' },
      'psp-kinds': { type: 'string', default: pspFaults.join(',') },
      stories: { type: 'string', default: storyNames.join(',') },
      'refund-share': { type: 'string', default: '0.16' },
      settle: { type: 'string', default: '900' },
      forgotten: { type: 'string', default: '120' },
      json: { type: 'string' },
      evidence: { type: 'string' },
      'until-killed': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (
    name:
      | 'seed'
      | 'minutes'
      | 'orders'
      | 'kills'
      | 'every'
      | 'abreast'
      | 'workers'
      | 'psp-share'
      | 'refund-share'
      | 'settle'
      | 'forgotten',
  ): number => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0)
      throw new RangeError(`--${name} must be a number, not ${String(values[name])}`);
    return value;
  };
  const names = <Name extends string>(option: 'fault' | 'psp-kinds' | 'stories', all: readonly Name[]): Name[] => {
    const said = values[option].split(',').filter((name) => name !== '');
    const unknown = said.filter((name) => !(all as readonly string[]).includes(name));
    if (unknown.length > 0)
      throw new RangeError(`--${option}: there is no ${unknown.join(', ')}; there are ${all.join(', ')}`);
    return said as Name[];
  };
  const kinds = names('fault', faultKinds);
  return {
    seed: number('seed'),
    minutes: number('minutes'),
    orders: values.orders === undefined ? undefined : number('orders'),
    kills: number('kills'),
    kinds,
    everyMs: number('every') * 1_000,
    abreast: number('abreast'),
    workers: Math.max(1, number('workers')),
    gaps: values.gaps.split(',').filter((name) => name !== ''),
    pspShare: kinds.includes('psp-faults') ? number('psp-share') : 0,
    pspKinds: names('psp-kinds', [...pspFaults, 'decline']),
    refundShare: number('refund-share'),
    stories: names('stories', storyNames),
    settledWithinMs: number('settle') * 1_000,
    forgottenAfterMs: number('forgotten') * 1_000,
    json: values.json,
    evidence: values.evidence,
    untilKilled: values['until-killed'],
    keep: values.keep,
  };
}

/** One run of the kill matrix. */
class Run {
  readonly findings = new Findings((line) => this.say(line));
  private readonly startedAt = Date.now();
  private readonly memory = new Map<number, number[]>();
  private readonly failpointFolder: string;
  private repeats: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly options: Options,
    private readonly home: string,
  ) {
    this.failpointFolder = join(home, 'failpoints');
  }

  async go(): Promise<boolean> {
    const { options } = this;
    const network = options.kinds.includes('network') ? await Network.open() : undefined;
    if (options.kinds.includes('network') && network === undefined)
      this.say('no toxiproxy here: networks stay good (`npm run chaos` builds it where there is Go)');
    mkdirSync(this.failpointFolder, { recursive: true });
    const specification: FailpointSpecification = {
      seed: options.seed,
      folder: this.failpointFolder,
      points: armedPoints(options.kills, options.gaps),
    };
    const stack = await Stack.open({
      home: this.home,
      env: {
        ...process.env,
        LOG_LEVEL: 'warn',
        RATE_LIMIT_WRITES_PER_MINUTE: '1000000',
        // A worker that is killed takes little with it: else whoever takes over all at once is killed at once, too.
        WORKER_ACTIVITY_SLOTS: '6',
        WORKER_WORKFLOW_SLOTS: '6',
        ...(options.kinds.includes('failpoints') && { PAYSAGA_FAILPOINTS: JSON.stringify(specification) }),
        WORKFLOW_BUNDLE: await this.bundle(),
        // What is half a minute old counts as settled: nights have much to mend.
        RECONCILIATION_SETTLE_SECONDS: '30',
        RECONCILIATION_WINDOW_HOURS: '0',
      },
      say: () => undefined,
      workers: options.workers,
      pauses: [100, 400],
      workerProgram: await compiledWorker('chaos'),
      ...(network !== undefined && { detour: network.detour }),
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => void stack.stop().finally(() => process.exit(130)));
    try {
      return await this.onStack(await stack.start(), stack, network);
    } finally {
      await stack.stop();
      network?.stop();
    }
  }

  /** Made once: workers that are killed hundreds of times needn't make it again. */
  private async bundle(): Promise<string> {
    const path = join(this.home, 'workflows.js');
    await promisify(execFile)(process.execPath, ['--import', 'tsx', join(root, 'bundle.ts'), path, '--one'], {
      cwd: root,
    });
    return path;
  }

  private async onStack(run: RunFile, stack: Stack, network: Network | undefined): Promise<boolean> {
    const { options, findings } = this;
    const { stripeSecretKey } = JSON.parse(readFileSync(join(this.home, 'secrets.json'), 'utf8')) as {
      stripeSecretKey: string;
    };
    const database = new pg.Pool({ connectionString: run.databaseUrl, max: 4 });
    database.on('error', () => undefined);
    const shop = new Shop(run, findings);
    this.repeats = shop.repeats;
    const oracle = new Oracle(run, database, stripeSecretKey, this.home, findings);
    const load = new Load(shop, database, stripeSecretKey, findings, {
      seed: options.seed,
      abreast: options.abreast,
      pspShare: options.pspShare,
      pspKinds: options.pspKinds,
      refundShare: options.refundShare,
      stories: options.stories,
    });
    const names = stack.workerNames;
    const faults = new Faults(stack, database, shop, network, findings, new Chance(options.seed), {
      kinds: options.kinds,
      everyMs: options.everyMs,
      workers: names.length > 1 ? names.slice(0, -1) : names,
      say: (line) => this.say(line),
    });
    await load.prepare();
    this.say(`seed ${String(options.seed)}: payments begin`);

    const until = Date.now() + options.minutes * 60_000;
    const enough = (): boolean =>
      Date.now() > until ||
      (load.orders >= (options.orders ?? Infinity) && (!options.untilKilled || this.failpointsAtRest));
    let watching = true;
    const watched = this.watch(() => watching, oracle, load, stack, names);
    const breaking = faults.run();
    // A question that the oracle gets wrong ends the run at once.
    await Promise.race([load.run(enough), watched]);
    this.say('healing');
    this.failpointsRest();
    await faults.heal();
    await breaking;
    const healedAt = Date.now();
    const settledMs = await this.settle(load, oracle, shop, healedAt);
    watching = false;
    await watched;
    await this.lastNights(shop, database);
    await oracle.whenAllIsQuiet(load.acknowledged, load.foreignCharges * foreignMinor);
    await this.provedByItself(run);
    await database.end();
    return this.report(load, faults, settledMs);
  }

  /** While payments are made, and after: what must hold at every moment, and how much memory the workers take. */
  private async watch(
    goesOn: () => boolean,
    oracle: Oracle,
    load: Load,
    stack: Stack,
    workers: readonly string[],
  ): Promise<void> {
    let [looks, away, saidAt] = [0, 0, 0];
    while (goesOn()) {
      await pause(5_000);
      if (await oracle.whileItRuns()) looks += 1;
      else away += 1;
      for (const name of workers) this.weigh(stack.pidOf(name));
      if (Date.now() - saidAt < 30_000) continue;
      saidAt = Date.now();
      const kills = this.countKills();
      this.say(
        `  ${String(load.orders)} orders, ${String(load.underWay)} checkouts under way, ${String(kills)} kills, ${String(this.findings.violations.length)} violations`,
      );
    }
    this.findings.count('looks at the books while it ran', looks);
    this.findings.count('looks for which Postgres was away', away);
  }

  /** How many were killed. Once that is enough, and at enough gaps, the failpoints rest: orders come faster then. */
  private countKills(): number {
    const { gaps } = readHits(this.failpointFolder);
    const kills = [...gaps.values()].reduce((sum, gap) => sum + gap.kills, 0);
    const { kills: wanted } = this.options;
    const spread = [...gaps.values()].filter((gap) => gap.kills >= wanted / 100).length >= gapsToSpread;
    if (kills >= (spread ? wanted : wanted * 1.25) && this.failpointsRest())
      this.say('  enough were killed: failpoints rest from here on');
    return kills;
  }

  private get failpointsAtRest(): boolean {
    return !this.options.kinds.includes('failpoints') || existsSync(join(this.failpointFolder, 'off'));
  }

  /** Answers whether they worked until now. */
  private failpointsRest(): boolean {
    if (this.failpointsAtRest) return false;
    writeFileSync(join(this.failpointFolder, 'off'), '');
    return true;
  }

  private weigh(pid: number | null): void {
    if (pid === null) return;
    try {
      const kib = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
      this.memory.set(pid, [...(this.memory.get(pid) ?? []), Math.round(kib / 1024)]);
    } catch {
      // It has just been killed.
    }
  }

  /** Until everything is at its end. In between: nothing forgotten after two minutes, and an operator who says "retry". */
  private async settle(load: Load, oracle: Oracle, shop: Shop, healedAt: number): Promise<number> {
    const told = new Set<string>();
    let left: string[] = [];
    let asked = false;
    await load.settle(async () => {
      const since = Date.now() - healedAt;
      left = await oracle.unfinished().catch(() => ['the database']);
      if (since > this.options.forgottenAfterMs && !asked) {
        asked = true;
        const forgotten = await oracle.forgotten();
        for (const what of forgotten)
          this.findings.violation(
            'V9',
            `${what}, ${String(this.options.forgottenAfterMs / 1_000)} s after the last fault`,
          );
      }
      if (since > 30_000) await this.operate(oracle, shop, told);
      return left.length === 0 || since > this.options.settledWithinMs;
    });
    for (const what of left.slice(0, 50))
      this.findings.violation('V9', `${what}, ${String(this.options.settledWithinMs / 1_000)} s after the last fault`);
    return Date.now() - healedAt;
  }

  private async operate(oracle: Oracle, shop: Shop, told: Set<string>): Promise<void> {
    for (const id of await oracle.callingForPeople()) {
      if (told.has(id)) continue;
      told.add(id);
      const { status } = await shop.call(
        'POST',
        `/v1/ops/processes/${id}/retry`,
        { reason: 'the chaos is over' },
        'ops',
      );
      this.findings.count(`an operator says retry: ${String(status)}`);
    }
  }

  /** Reconciles today, and tomorrow, which the sandbox's clock may have reached. */
  private async lastNights(shop: Shop, database: pg.Pool): Promise<void> {
    const [from, to] = [0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));
    // What is younger than that counts as on its way.
    await pause(35_000);
    const before = await database.query<{ now: Date }>('SELECT now()');
    await shop.call('POST', '/v1/reconciliation/runs', { from, to }, 'ops');
    for (const until = Date.now() + 300_000; Date.now() < until;) {
      await pause(2_000);
      const { rows } = await database.query<{ count: string }>(
        "SELECT count(*) FROM reconciliation.run WHERE settlement_date IN ($1, $2) AND state <> 'running' AND finished_at > $3",
        [from, to, before.rows[0]?.now],
      );
      if (rows[0]?.count === '2') return;
    }
    this.findings.violation('V9', 'the last nights have not come to their end');
  }

  /** The product's own proof of its books must agree (V10: the hash chain). */
  private async provedByItself(run: RunFile): Promise<void> {
    const urls = Object.fromEntries(
      Object.entries(run.databaseUrls).map(([service, url]) => [`${service.toUpperCase()}_DATABASE_URL`, url]),
    );
    try {
      await promisify(execFile)(process.execPath, ['--import', 'tsx', join(root, 'cli', 'ledger.ts'), 'verify'], {
        cwd: root,
        env: { ...process.env, ...urls },
      });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      this.findings.violation('V10', `npm run ledger -- verify: ${stdout}${stderr}`);
    }
  }

  private report(load: Load, faults: Faults, settledMs: number): boolean {
    const { options, findings } = this;
    const { gaps, comebacksMs, elsewhere } = readHits(this.failpointFolder);
    const kills = [...gaps.values()].reduce((sum, gap) => sum + gap.kills, 0);
    const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
    const recoveries = new Map([...recoveriesMs(faults.kills, load.posted)]);
    const lines: string[] = [];
    const put = (line = ''): number => lines.push(line);
    const good = findings.violations.length === 0;
    put(
      `### Seed ${String(options.seed)}: ${good ? 'no violation' : `${String(findings.violations.length)} VIOLATIONS`}`,
    );
    put();
    put(
      `- ${new Date(this.startedAt).toISOString()}, commit \`${commit()}\`, Node ${process.version}, ${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? ''}, ${String(Math.round(totalmem() / 2 ** 30))} GiB`,
    );
    put(
      `- \`npm run chaos -- ${command()}\`; ${String(Math.round((Date.now() - this.startedAt) / 60_000))} minutes in all`,
    );
    put(
      `- **${String(load.orders)} payment orders** in ${String(load.posted.length)} checkouts, ${String(load.refunded)} orders refunded; ${String(load.acknowledged.length)} requests were answered with yes`,
    );
    put(
      `- **${String(kills)} kills at ${String([...gaps.values()].filter((gap) => gap.kills > 0).length)} failpoints**, ${String(faults.kills.length)} kills of whole parts; everything settled ${seconds(settledMs)} s after the last fault`,
    );
    put(
      `- A step was at its gap again after a kill: p50 ${seconds(quantile(comebacksMs, 0.5))} s, p99 ${seconds(quantile(comebacksMs, 0.99))} s (${String(comebacksMs.length)} kills; after ${String(elsewhere)} it had been brought to its end another way)`,
    );
    for (const [part, times] of recoveries)
      put(
        `- After a kill of ${part} every plain payment under way was done: p50 ${seconds(quantile(times, 0.5))} s, p99 ${seconds(quantile(times, 0.99))} s (${String(times.length)} kills)`,
      );
    put(`- Worker memory (MB, first to last, longest lived): ${this.memoryLine()}`);
    put();
    put('| gap | reached | kills | errors, delays, lost replies |');
    put('|---|---:|---:|---:|');
    for (const [name, gap] of [...gaps].sort(([a], [b]) => a.localeCompare(b)))
      put(`| ${name} | ${String(gap.reached)} | ${String(gap.kills)} | ${String(gap.others)} |`);
    put();
    put(
      `Branches: ${[...findings.counts]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([branch, count]) => `${branch} ${String(count)}`)
        .join(
          '; ',
        )}. Requests sent again: ${[...this.repeats].map(([why, count]) => `${why} ${String(count)}`).join('; ') || 'none'}.`,
    );
    put();
    for (const { invariant, what, at } of findings.violations) put(`- **${invariant}** ${what} (${at})`);
    const text = lines.join('\n');
    console.log(`\n${text}`);
    const missed = gapsToHit.filter((name) => (gaps.get(name)?.kills ?? 0) === 0);
    if (options.kinds.includes('failpoints') && missed.length > 0)
      console.log(`Gaps in which nobody was killed: ${missed.join(', ')}`);
    for (const [part, limitMs] of Object.entries(recoveryLimitsMs)) {
      const p99 = quantile([...(part === 'worker' ? comebacksMs : []), ...(recoveries.get(part) ?? [])], 0.99);
      if (p99 > limitMs)
        console.log(`Slow: after a kill of ${part} p99 is ${seconds(p99)} s, above ${seconds(limitMs)} s`);
    }
    if (options.json !== undefined)
      writeFileSync(
        options.json,
        JSON.stringify({ violations: findings.violations, kills, orders: load.orders, gaps: Object.fromEntries(gaps) }),
      );
    if (options.evidence !== undefined) appendFileSync(options.evidence, `\n${text}\n`);
    return good;
  }

  private memoryLine(): string {
    const longest = [...this.memory.values()].sort((a, b) => b.length - a.length)[0] ?? [];
    const every = Math.max(1, Math.floor(longest.length / 12));
    return longest.filter((_, index) => index % every === 0 || index === longest.length - 1).join(', ');
  }

  private say(line: string): void {
    console.log(`${String(Math.round((Date.now() - this.startedAt) / 1_000)).padStart(5)} s  ${line}`);
  }
}

/** How to run it again; where its verdict went is no part of that. */
function command(): string {
  const words = process.argv.slice(2);
  return words
    .filter((word, index) => ![word, words[index - 1]].some((one) => one === '--json' || one === '--evidence'))
    .join(' ');
}

function commit(): string {
  try {
    const [head, changes] = [
      ['rev-parse', '--short', 'HEAD'],
      ['status', '--porcelain', '--untracked-files=no'],
    ].map((words) =>
      execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
    );
    return `${head ?? ''}${changes === '' ? '' : ', with changes'}`;
  } catch {
    return 'unknown';
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const home = mkdtempSync(join(tmpdir(), 'paysaga-chaos-'));
  // The account that Postgres runs under has to get in.
  chmodSync(home, 0o755);
  let good = false;
  try {
    good = await new Run(options, home).go();
  } finally {
    if (good && !options.keep) rmSync(home, { recursive: true, force: true });
    else if (!good) {
      console.log(`\nThe evidence is kept in ${home}: logs, databases, what was struck.`);
      console.log(`To run it again: npm run chaos -- ${process.argv.slice(2).join(' ')}`);
    }
  }
  return good ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof RangeError ? `${error.message}\n\n${usage}` : error);
    process.exit(error instanceof RangeError ? 2 : 1);
  },
);
