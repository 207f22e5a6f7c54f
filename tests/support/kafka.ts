import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../local/ports';

/** A real Kafka broker on this machine, alone in its cluster. */
export interface KafkaBroker {
  readonly address: string;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** Formats a folder for a broker in KRaft mode and starts it; its log is in the error when it doesn't come up. */
export async function startKafka({ java, jars }: { java: string; jars: string }): Promise<KafkaBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'paysaga-kafka-'));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settings = join(folder, 'server.properties');
  const log = join(folder, 'broker.log');
  writeFileSync(
    settings,
    Object.entries({
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${String(controllerPort)}`,
      listeners: `PLAINTEXT://127.0.0.1:${String(port)},CONTROLLER://127.0.0.1:${String(controllerPort)}`,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(folder, 'data'),
      'num.partitions': 3,
      'offsets.topic.replication.factor': 1,
      'auto.create.topics.enable': true,
    })
      .map(([name, value]) => `${name}=${String(value)}\n`)
      .join(''),
  );
  const run = ['-Xmx384m', '-cp', join(jars, '*')];
  const formatted = spawnSync(
    java,
    [...run, 'kafka.tools.StorageTool', 'format', '-t', 'cGF5c2FnYS10ZXN0cy1rMQ', '-c', settings],
    { encoding: 'utf8' },
  );
  if (formatted.status !== 0) throw new Error(`Kafka could not be set up: ${formatted.stderr}${formatted.stdout}`);
  let broker: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (broker === undefined || broker.exitCode !== null || broker.signalCode !== null) return;
    const ended = new Promise((resolve) => broker?.once('exit', resolve));
    broker.kill('SIGKILL');
    await ended;
  };
  return {
    address: `127.0.0.1:${String(port)}`,
    kill,
    start: async () => {
      writeFileSync(log, '');
      const process = spawn(java, [...run, 'kafka.Kafka', settings], { stdio: ['ignore', 'pipe', 'pipe'] });
      broker = process;
      const file = createWriteStream(log, { flags: 'a' });
      process.stdout.pipe(file);
      process.stderr.pipe(file);
      for (const deadline = Date.now() + 90_000; !readFileSync(log, 'utf8').includes('Kafka Server started');) {
        if (Date.now() > deadline || process.exitCode !== null)
          throw new Error(`Kafka did not come up:\n${readFileSync(log, 'utf8').slice(-3_000)}`);
        await pause(200);
      }
    },
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
