import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { testServers } from '../support/servers';
import type { Replayed } from './replay-all';
import { scenarios } from './scenarios';

jest.setTimeout(1_200_000);

async function replayAll(...flags: string[]): Promise<Replayed[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', join(__dirname, 'replay-all.ts'), '--bundle', testServers().realBundle, ...flags],
    { maxBuffer: 10_000_000 },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as Replayed[];
}

describe('T7 recorded histories', () => {
  it('every one replays against the working tree', async () => {
    const replayed = await replayAll();
    expect(replayed.filter(({ error }) => error !== null)).toEqual([]);
    for (const { name } of scenarios)
      expect(replayed.filter((result) => result.name.startsWith(`next/${name}.`))).not.toEqual([]);
  });

  it('a workflow that has changed is noticed', async () => {
    const replayed = await replayAll('--changed');
    expect(replayed.find(({ name }) => name === 'next/success.payment-order-1.json')?.error).toMatch(
      /TMPRL1100|Nondeterminism/i,
    );
  });
});
