import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(1_200_000);

const folder = mkdtempSync(join(tmpdir(), 'paysaga-matrix-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `--json` writes. */
interface Verdict {
  readonly violations: readonly unknown[];
  readonly kills: number;
  readonly orders: number;
  readonly gaps: Readonly<Record<string, unknown>>;
}

describe('the kill matrix, a short run with a fixed seed', () => {
  it('V1–V12 hold while processes are killed at their failpoints, the PSP misbehaves and webhooks come as they like', async () => {
    const json = join(folder, 'verdict.json');
    // As long as a machine needs that runs other tests beside it: the figures are those of `npm run chaos`.
    const words =
      '--seed 7 --orders 16 --minutes 5 --kills 6 --abreast 8 --workers 2 --fault failpoints,psp-faults,webhooks --forgotten 300 --settle 450';
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'chaos/main.ts', ...words.split(' '), '--json', json],
      // It stops its stack when it is told to end.
      { maxBuffer: 16 * 1024 * 1024, timeout: 1_100_000 },
    ).catch((error: unknown) => error as { stdout: string });
    expect(stdout.split('\n').filter((line) => line.includes('✗'))).toEqual([]);
    const verdict = JSON.parse(readFileSync(json, 'utf8')) as Verdict;
    expect(verdict.violations).toEqual([]);
    expect(verdict.orders).toBeGreaterThanOrEqual(8);
    expect(verdict.kills).toBeGreaterThanOrEqual(2);
    expect(Object.keys(verdict.gaps).length).toBeGreaterThanOrEqual(20);
  });
});
