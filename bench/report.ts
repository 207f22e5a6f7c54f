import type { Ground } from './ground';
import { median } from './measure';

/** What a part of the benchmark works with: `earlier` are the figures of the parts before it. */
export interface Scene {
  readonly ground: Ground;
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly earlier: Readonly<Record<string, unknown>>;
}

/** A part of the benchmark: its figures for programs, its tables in Markdown, and its bars for the picture. */
export type Part = (scene: Scene) => Promise<{
  readonly figures: unknown;
  readonly tables: readonly string[];
  readonly charts?: readonly Chart[];
}>;

/** One bar of the picture: what, how much, and in which unit. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  readonly words: string;
  readonly ours: boolean;
}
export interface Chart {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const [width, labels, row, gap] = [900, 300, 24, 34] as const;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The charts under each other, as an SVG that reads well on light and dark pages. */
export function picture(title: string, charts: readonly Chart[]): string {
  const parts: string[] = [];
  let y = 30;
  const text = (x: number, at: number, words: string, rest = ''): number =>
    parts.push(`<text x="${String(x)}" y="${String(at)}" ${rest}>${escape(words)}</text>`);
  text(16, y, title, 'font-weight="bold"');
  for (const chart of charts) {
    y += gap;
    text(16, y, chart.title, 'font-weight="bold"');
    const most = Math.max(...chart.bars.map(({ value }) => value));
    for (const bar of chart.bars) {
      y += row;
      const long = Math.max(1, (bar.value / most) * (width - labels - 170));
      text(labels - 8, y, bar.what, 'text-anchor="end"');
      parts.push(
        `<rect x="${String(labels)}" y="${String(y - 13)}" width="${long.toFixed(1)}" height="16" rx="2" fill="${bar.ours ? '#2f6f4f' : '#9aa5a0'}"/>`,
      );
      text(labels + long + 8, y, bar.words);
    }
  }
  const height = y + gap;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="14" fill="#24312b">
<rect width="${String(width)}" height="${String(height)}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

/** A Markdown table: the first row is its head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...others] = rows;
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map(String).join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...others.map(line)].join('\n');
}

export const rate = (values: readonly number[]): string => median(values).toFixed(1);
