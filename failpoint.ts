import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Failpoint } from './activities';

/**
 * Named gaps where a fault test kills the process: `charge.after_call=/some/folder,wallet.after_commit=/some/folder`. Each
 * gap kills once per key, remembered by a file, so that the restarted process gets through. Off unless configured.
 */
export function failpoints(specification: string | undefined): Failpoint {
  if (specification === undefined) return () => Promise.resolve();
  const armed = new Map(specification.split(',').map((item) => item.split('=', 2) as [string, string]));
  return (name, key) => {
    const folder = armed.get(name) ?? armed.get(`${name}@${key}`);
    if (folder !== undefined && firstTime(folder, `${name}-${key}`)) process.kill(process.pid, 'SIGKILL');
    return Promise.resolve();
  };
}

function firstTime(folder: string, file: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    closeSync(openSync(join(folder, file), 'wx'));
    return true;
  } catch {
    return false;
  }
}
