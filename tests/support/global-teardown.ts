import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { testServers } from './servers';

/** Stops what the set-up started, by pid, and takes the folder away. */
export default async function globalTeardown(): Promise<void> {
  const { paysagaTestChildren: children = [] } = globalThis as { paysagaTestChildren?: ChildProcess[] };
  await Promise.all(
    children.map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) return resolve();
          child.once('exit', () => resolve());
          child.kill('SIGINT');
          setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
        }),
    ),
  );
  rmSync(testServers().folder, { recursive: true, force: true });
}
