// Draws the diagram of ARCHITECTURE.md from the code's own imports. `--check` says whether the file is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';

const rooms = ['api', 'workflows', 'activities', 'providers', 'prisma', 'temporal', 'domain', 'sandbox', 'local'];
const roomOf = (path) => (path === 'worker.ts' ? 'worker' : rooms.find((room) => path.startsWith(`${room}/`)));

const { output } = await cruise([...rooms, 'worker.ts'], {
  doNotFollow: { path: 'node_modules' },
  exclude: { path: ['\\.test\\.ts$', '^prisma/generated'] },
  tsPreCompilationDeps: true,
});
const arrows = new Map();
for (const module of output.modules) {
  const from = roomOf(module.source);
  for (const { resolved, dependencyTypes } of module.dependencies) {
    const to = roomOf(resolved);
    if (from === undefined || to === undefined || from === to) continue;
    const value = !dependencyTypes.includes('type-only');
    arrows.set(`${from} ${to}`, (arrows.get(`${from} ${to}`) ?? false) || value);
  }
}
const lines = [...arrows].sort().map(([pair, value]) => `  ${pair.replace(' ', value ? ' --> ' : ' -.-> ')}`);
const diagram = ['```mermaid', 'flowchart TD', ...lines, '```'].join('\n');

const file = 'ARCHITECTURE.md';
const text = readFileSync(file, 'utf8');
const drawn = text.replace(/(<!-- imports -->\n)[\s\S]*?(\n<!-- \/imports -->)/, `$1${diagram}$2`);
if (process.argv.includes('--check')) {
  if (drawn !== text) console.error('ARCHITECTURE.md is not in step with the imports: run `npm run architecture`');
  process.exit(drawn === text ? 0 : 1);
}
writeFileSync(file, drawn);
