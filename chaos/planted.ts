import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plantedBugs, type PlantedBug } from './planted-bugs';

const usage = `Usage: npm run chaos:planted -- [options]

  --only N,M       only these, counted from 1 (all ${String(plantedBugs.length)})
  --seed S         of each run (1)
  --orders N       payment orders of each run (40)
  --evidence FILE  the table is appended to this file, as Markdown

Plants one defect after the other in a copy of the sources, runs the kill matrix on it, and expects it to notice. Exits 1 when one
stays unseen.`;

const root = join(__dirname, '..');

/** The run's verdict, as `--json` writes it. */
interface Verdict {
  readonly violations: readonly { readonly invariant: string; readonly what: string }[];
  readonly kills: number;
  readonly orders: number;
}

/** A copy of the sources with the defect in it. Packages are shared. */
function plant(bug: PlantedBug): string {
  const copy = mkdtempSync(join(tmpdir(), 'paysaga-planted-'));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.trim().split('\n'))
    if (!file.startsWith('tests/replay/histories/') && existsSync(join(root, file)))
      cpSync(join(root, file), join(copy, file));
  cpSync(join(root, 'prisma', 'generated'), join(copy, 'prisma', 'generated'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { file, from, to } of bug.edits) {
    const path = join(copy, file);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(from, () => to),
    );
  }
  return copy;
}

async function hunt(bug: PlantedBug, seed: string, orders: string): Promise<Verdict | undefined> {
  const copy = plant(bug);
  const json = join(copy, 'verdict.json');
  const words = [
    ...['--seed', seed, '--orders', orders, '--minutes', '4', '--kills', '40', '--abreast', '15', '--workers', '2'],
    ...['--fault', 'failpoints,psp-faults,webhooks', '--settle', '60', '--json', json],
    ...(bug.gaps === undefined ? [] : ['--gaps', bug.gaps.join(',')]),
    ...(bug.load ?? []),
  ];
  const run = spawn(process.execPath, ['--import', 'tsx', join(copy, 'chaos', 'main.ts'), ...words], {
    cwd: copy,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  run.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((ended) => run.once('exit', ended));
  const verdict = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Verdict) : undefined;
  if (verdict === undefined) console.log(output.split('\n').slice(-15).join('\n'));
  rmSync(copy, { recursive: true, force: true });
  const kept = /The evidence is kept in (\S+):/.exec(output)?.[1];
  if (kept !== undefined) rmSync(kept, { recursive: true, force: true });
  return verdict;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      orders: { type: 'string', default: '40' },
      evidence: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const wanted = values.only?.split(',').map(Number);
  const rows: string[] = [];
  let unseen = 0;
  for (const [index, bug] of plantedBugs.entries()) {
    if (wanted !== undefined && !wanted.includes(index + 1)) continue;
    const verdict = await hunt(bug, values.seed, values.orders);
    const by = [...new Set(verdict?.violations.map(({ invariant }) => invariant))];
    const seen = by.some((invariant) => bug.noticedBy.includes(invariant));
    if (!seen) unseen += 1;
    const [first] = verdict?.violations.filter(({ invariant }) => bug.noticedBy.includes(invariant)) ?? [];
    const row = `| ${String(index + 1)} | ${bug.name} | ${seen ? by.join(', ') : 'UNSEEN'} | ${String(verdict?.kills ?? '?')} | ${String(verdict?.orders ?? '?')} | ${first?.what.slice(0, 120) ?? ''} |`;
    console.log(row);
    rows.push(row);
  }
  const head = ['| | planted | noticed by | kills | orders | in its words |', '|---:|---|---|---:|---:|---|'];
  const text = `\n### Planted bugs: ${String(rows.length - unseen)} of ${String(rows.length)} noticed (${new Date().toISOString()}, seed ${values.seed})\n\n${[...head, ...rows].join('\n')}\n`;
  console.log(text);
  if (values.evidence !== undefined) appendFileSync(values.evidence, text);
  return unseen === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
