import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { Part } from './part';

const folder = mkdtempSync(join(tmpdir(), 'paysaga-part-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('one that lives on and answers nothing any more is killed and started again; one that misses now and then is not', async () => {
  const said: string[] = [];
  const pids = new Set<number | undefined>();
  let answers = true;
  let asked = 0;
  const part = new Part(
    {
      name: 'sleeper',
      command: process.execPath,
      arguments: ['-e', 'setInterval(() => undefined, 1_000)'],
      logFile: join(folder, 'log'),
      stopSignal: 'SIGTERM',
      readyWithinMs: 5_000,
      pauses: [10, 10],
      deaf: { everyMs: 20, times: 3 },
      probe: () => {
        asked += 1;
        return answers || asked % 3 === 0 ? Promise.resolve() : Promise.reject(new Error('interrupted'));
      },
    },
    (line) => said.push(line),
    () => pids.add(part.pid),
  );
  const until = async (wanted: () => boolean): Promise<void> => {
    for (let tries = 0; !wanted(); tries += 1) {
      if (tries > 500) throw new Error(said.join('; '));
      await pause(10);
    }
  };
  await part.start();
  try {
    const first = part.pid;
    // Twice in a row it misses, and is heard again.
    answers = false;
    const before = asked;
    await until(() => asked > before + 9);
    expect(part.pid).toBe(first);
    // Never again.
    asked = Number.NEGATIVE_INFINITY;
    await until(() => pids.size > 0);
    expect(part.pid).not.toBe(first);
    expect(said[0]).toBe('sleeper has not answered 3 times in a row: it is killed');
    expect(said[1]).toContain('sleeper ended (signal SIGKILL)');
    answers = true;
  } finally {
    await part.stop();
  }
});
