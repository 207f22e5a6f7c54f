import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Detour } from '../local/stack';
import { freePort } from '../local/ports';
import { findToxiproxy } from '../scripts/tools.mjs';
import type { Chance } from './chance';

interface Toxic {
  readonly type: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly toxicity?: number;
  /** How long it stays. */
  readonly ms: number;
}

/** Bad networks, as toxiproxy makes them (github.com/Shopify/toxiproxy). */
const toxics: readonly Toxic[] = [
  { type: 'latency', attributes: { latency: 300, jitter: 200 }, ms: 6_000 },
  { type: 'reset_peer', attributes: { timeout: 0 }, ms: 1_500 },
  { type: 'reset_peer', attributes: { timeout: 30 }, toxicity: 0.3, ms: 4_000 },
  { type: 'timeout', attributes: { timeout: 2_000 }, toxicity: 0.5, ms: 4_000 },
  { type: 'limit_data', attributes: { bytes: 20_000 }, toxicity: 0.5, ms: 4_000 },
  { type: 'slicer', attributes: { average_size: 40, size_variation: 20, delay: 200 }, ms: 5_000 },
];

/** A toxiproxy between the product and its Postgres and PSP. */
export class Network {
  private readonly proxies: string[] = [];

  private constructor(
    private readonly server: ChildProcess,
    private readonly url: string,
  ) {}

  /** Nothing where there is no toxiproxy on this machine. */
  static async open(): Promise<Network | undefined> {
    const program = findToxiproxy();
    if (program === undefined) return undefined;
    const port = await freePort();
    const server = spawn(program, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
    const network = new Network(server, `http://127.0.0.1:${String(port)}`);
    for (let tries = 0; ; tries += 1) {
      try {
        await network.call('GET', '/version');
        return network;
      } catch (error) {
        if (tries > 100) throw error;
        await pause(50);
      }
    }
  }

  /** Puts a proxy before a part. */
  readonly detour: Detour = async (name, port) => {
    const listen = await freePort();
    const body = { name, listen: `127.0.0.1:${String(listen)}`, upstream: `127.0.0.1:${String(port)}`, enabled: true };
    await this.call('POST', '/proxies', body);
    this.proxies.push(name);
    return listen;
  };

  /** Spoils one of the ways for a few seconds. */
  async spoil(chance: Chance): Promise<void> {
    const proxy = chance.one(this.proxies);
    const { type, attributes, toxicity = 1, ms } = chance.one(toxics);
    const stream = chance.one(['upstream', 'downstream']);
    await this.call('POST', `/proxies/${proxy}/toxics`, { name: 'chaos', type, stream, toxicity, attributes });
    await pause(ms);
    await this.heal();
  }

  async heal(): Promise<void> {
    await this.call('POST', '/reset');
  }

  stop(): void {
    this.server.kill('SIGKILL');
  }

  private async call(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${text}`);
  }
}
