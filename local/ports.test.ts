import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { choosePorts, freePort } from './ports';

jest.setTimeout(60_000);

/** Chooses a stack's ports in a process of its own, which then goes on living. */
async function elsewhere(home: string): Promise<{ ports: Record<string, number>; end: () => void }> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--eval',
      `require('./local/ports').choosePorts(${JSON.stringify(home)}).then((ports) => {
         console.log(JSON.stringify(ports));
         setInterval(() => {}, 1000);
       });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { ports: JSON.parse(line.toString()) as Record<string, number>, end: () => child.kill('SIGKILL') };
}

describe('choosePorts', () => {
  it('gives two stacks that are started at the same time no port in common, though neither listens yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paysaga-two-stacks-'));
    const stacks = await Promise.all([elsewhere(folder), elsewhere(folder)]);
    try {
      const [first, second] = stacks.map(({ ports }) => Object.values(ports));
      expect(first?.length).toBeGreaterThan(6);
      expect(new Set([...(first ?? []), ...(second ?? [])]).size).toBe(2 * (first?.length ?? 0));
    } finally {
      for (const { end } of stacks) end();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('remembers a stack’s ports, and takes others where somebody listens', async () => {
    const home = mkdtempSync(join(tmpdir(), 'paysaga-ports-kept-'));
    const first = await choosePorts(home);
    expect(await choosePorts(home)).toEqual(first);
    const server = createServer();
    await once(server.listen(first.api, '127.0.0.1'), 'listening');
    try {
      const { api, ...others } = await choosePorts(home);
      expect(api).not.toBe(first.api);
      expect(first).toMatchObject(others);
    } finally {
      server.close();
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('freePort', () => {
  it('stays below the ports of outgoing connections', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, freePort));
    expect(ports.every((port) => port >= 20_000 && port < 32_768)).toBe(true);
  });
});
