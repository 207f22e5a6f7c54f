import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(1_200_000);

describe('npm run reconcile:demo', () => {
  it('R1–R8 every planted fault of every class is found and classed right, the safe ones are mended, a rerun changes nothing', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'bench/reconcile-demo.ts', '150'],
      {
        maxBuffer: 16 * 1024 * 1024,
      },
    ).catch((error: unknown) => error as { stdout: string });
    expect(stdout.split('\n').filter((line) => line.includes('✗') && !line.includes('opening + net'))).toEqual([]);
    expect(stdout).toContain('Everything is as it must be');
  });
});
