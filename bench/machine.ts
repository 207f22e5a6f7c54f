import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** What Linux counts CPU time in (proc(5)). */
const ticksPerSecond = 100;

/** The fields of proc(5)'s `stat` from the third on; nothing of a process that has ended. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ');
  } catch {
    return undefined;
  }
}

const secondsOf = (fields: readonly string[] | undefined, columns: readonly number[]): number =>
  columns.reduce((sum, column) => sum + Number(fields?.[column] ?? 0), 0) / ticksPerSecond;

/** The CPU seconds that a process has had, with those of its children that live, and of those that have ended. */
export function cpuOfFamily(parent: number): number {
  const living = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((fields) => Number(fields?.[1]) === parent)
    .reduce((sum, fields) => sum + secondsOf(fields, [11, 12]), 0);
  return secondsOf(statOf(parent), [11, 12, 13, 14]) + living;
}

const memoryLine = (pid: number, name: 'VmHWM' | 'VmRSS'): number =>
  Math.round(
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) /
      1024,
  );

/** The most memory that a process has had at once, in MB (proc(5): VmHWM). */
export const peakMemoryOf = (pid: number): number => memoryLine(pid, 'VmHWM');

/** The memory that a process has now, in MB. */
export const memoryOf = (pid: number): number => memoryLine(pid, 'VmRSS');

/** The machine in words, as figures mean nothing without it. */
export const machine = (): string =>
  `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}`;
