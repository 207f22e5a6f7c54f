import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configVariables } from '../config';

/**
 * `npm run configuration`: writes docs/configuration.md from the schemas that the processes read their environment with; with
 * `--check`, says whether it is up to date.
 */
const file = join(__dirname, '..', 'docs', 'configuration.md');

const cell = (text: string): string => text.replaceAll('|', '\\|');
const rows = configVariables().map(({ name, description, usual, required, readBy }) => {
  const value = required ? '**needed**' : usual === undefined ? '' : `\`${usual}\``;
  return `| \`${name}\` | ${readBy.join(', ')} | ${cell(value)} | ${cell(description)} |`;
});
const text = `# Configuration

Every process reads its environment at its start, once, by one schema (\`config.ts\`), and refuses to start with what is missing or malformed, naming each
variable and what would be right. This table is made from that schema by \`npm run configuration\`; a check keeps it so. The local stack sets all of it by itself.

| variable | read by | usual | what it is |
|---|---|---|---|
${rows.join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/configuration.md is not up to date: npm run configuration');
  process.exitCode = 1;
}
