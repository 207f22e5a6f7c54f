import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { writeWhole } from './state';

const preferredPorts = {
  postgres: 5433,
  temporal: 7233,
  temporalUi: 8233,
  psp: 12111,
  api: 8080,
  codec: 8085,
  metrics: 9464,
  smtp: 1025,
  mail: 8025,
  people: 8090,
} as const;
export type Ports = Record<keyof typeof preferredPorts, number>;

/** Below those that systems give to outgoing connections, any of which could take a port before its server listens. */
const [lowest, highest] = [20_000, 32_000];

/** By then whoever was given a port listens on it, or never will; a stack renews what it was given for as long as it lives. */
const claimLastsMs = 120_000;
const renewEveryMs = 30_000;
const longestInsideMs = 10_000;

/** Whether nobody listens on a port. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

const claimOn = (port: number): string => join(tmpdir(), `paysaga-ports-${String(userInfo().uid)}`, String(port));

/** Takes a port for this process, unless one that still lives has just taken it, and is about to listen there. */
function claim(port: number, evenMine = false): boolean {
  const file = claimOn(port);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // One at a time: two that both find the claim of a dead one would each take its place.
  const door = `${file}.door`;
  if (!enter(door)) return false;
  try {
    if (isTaken(file, evenMine)) return false;
    writeFileSync(file, String(process.pid));
    return true;
  } finally {
    rmSync(door, { recursive: true, force: true });
  }
}

/** Making a folder succeeds for one only. Who was killed inside holds nobody up for long. */
function enter(door: string): boolean {
  try {
    mkdirSync(door);
    return true;
  } catch {
    const since = statSync(door, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > longestInsideMs) rmSync(door, { recursive: true, force: true });
    return false;
  }
}

function isTaken(file: string, evenMine: boolean): boolean {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    if ((evenMine && owner === process.pid) || Date.now() - statSync(file).mtimeMs > claimLastsMs) return false;
    process.kill(owner, 0);
    return true;
  } catch {
    return false;
  }
}

/** A port that nobody listens on, and that no other process was given a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (claim(port) && (await isFree(port))) return port;
  }
}

function renew(ports: ReadonlySet<number>): void {
  const now = new Date();
  for (const port of ports) {
    try {
      utimesSync(claimOn(port), now, now);
    } catch {
      claim(port, true);
    }
  }
}

/** The ports of the last start where they are free, the usual ones at first, any free ones else. */
export async function choosePorts(home: string): Promise<Ports> {
  const file = join(home, 'ports.json');
  const wanted = existsSync(file)
    ? { ...preferredPorts, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<Ports>) }
    : preferredPorts;
  const chosen: Ports = { ...preferredPorts };
  const taken = new Set<number>();
  for (const name of Object.keys(preferredPorts) as (keyof Ports)[]) {
    let port = wanted[name];
    while (taken.has(port) || !claim(port, true) || !(await isFree(port))) port = await freePort();
    taken.add(port);
    chosen[name] = port;
  }
  writeWhole(file, chosen);
  // A part that was killed and is about to come back doesn't listen for a moment: its port is not free for others.
  setInterval(() => renew(taken), renewEveryMs).unref();
  return chosen;
}
