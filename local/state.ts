import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { serviceNames, type ServiceName } from '../prisma/services';

/** What the stack made up for itself on its first start and keeps. */
export interface Secrets {
  readonly ownerPassword: string;
  readonly servicePasswords: Readonly<Record<ServiceName, string>>;
  readonly apiKey: string;
  /** For what operators may do and storefronts may not. */
  readonly opsApiKey: string;
  /** A second operator's, for what two persons must agree on. */
  readonly secondOpsApiKey: string;
  readonly stripeSecretKey: string;
  readonly webhookSecret: string;
  readonly secretsKey: string;
}

/** A file that appears whole or not at all, readable by its owner only. */
export function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.partial`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.partial`, path);
}

/** What was kept before, with what a newer version needs in addition. */
function keep<Value extends object>(path: string, make: () => Value): Value {
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<Value>) : {};
  const value = grown(make(), kept);
  if (JSON.stringify(value) !== JSON.stringify(kept)) writeWhole(path, value);
  return value;
}

/** What is kept wins; what is missing of it, at any depth, is as it was made now. */
function grown<Value extends object>(made: Value, kept: Partial<Value>): Value {
  const entries = Object.entries(made).map(([name, value]: [string, unknown]) => {
    const earlier: unknown = kept[name as keyof Value];
    if (typeof value === 'object' && value !== null && typeof earlier === 'object' && earlier !== null)
      return [name, grown(value, earlier)];
    return [name, earlier ?? value];
  });
  return { ...kept, ...(Object.fromEntries(entries) as Value) };
}

const word = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** The state folder, made when it isn't there. */
export function openHome(home: string): Secrets {
  mkdirSync(home, { recursive: true });
  return keep(join(home, 'secrets.json'), () => ({
    ownerPassword: word(18),
    servicePasswords: Object.fromEntries(serviceNames.map((service) => [service, word(18)])) as Record<
      ServiceName,
      string
    >,
    apiKey: `psk_test_${word(24)}`,
    opsApiKey: `pok_test_${word(24)}`,
    secondOpsApiKey: `pok_test_${word(24)}`,
    stripeSecretKey: `sk_test_${randomBytes(16).toString('hex')}`,
    webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
    secretsKey: randomBytes(32).toString('base64'),
  }));
}

const preferredPorts = {
  postgres: 5433,
  temporal: 7233,
  temporalUi: 8233,
  psp: 12111,
  api: 8080,
  codec: 8085,
  metrics: 9464,
} as const;
export type Ports = Record<keyof typeof preferredPorts, number>;

/** Whether nobody listens on a port. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** A port that nobody listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
  });

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
    while (taken.has(port) || !(await isFree(port))) port = await freePort();
    taken.add(port);
    chosen[name] = port;
  }
  writeWhole(file, chosen);
  return chosen;
}
