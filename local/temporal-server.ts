import { findTemporal } from '../scripts/tools.mjs';
import { StartupError } from './startup-error';

/**
 * What makes the dev server quick enough to work against: its defaults poll each shard 20 times a second, a 50 ms tick
 * on every task, and spread each task queue over four parts, where a task may wait two seconds for a poll that came to another part. A production
 * cluster needs the same keys, the last two for as long as it has one matching host (docs/decisions/0004).
 */
export const dynamicConfig: Readonly<Record<string, string>> = {
  'system.enableActivityEagerExecution': 'true',
  'history.transferProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxPollRPS': '2000',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
};

/** How to start the Temporal dev server with its UI and a database file. */
export function temporalProgram(options: {
  port: number;
  uiPort?: number;
  databaseFile?: string;
  codecUrl?: string;
  /** Where Prometheus would read the server's own metrics. */
  metricsPort?: number;
}): {
  command: string;
  arguments: string[];
} {
  const command = findTemporal();
  if (command === undefined) {
    throw new StartupError(
      'temporal',
      'no Temporal server was found.',
      'Run `node scripts/bootstrap.mjs`, or set TEMPORAL_CLI_PATH or TEMPORAL_ADDRESS.',
    );
  }
  return {
    command,
    arguments: [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(options.port),
      '--log-level',
      'error',
      ...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
      ...(options.metricsPort === undefined ? [] : ['--metrics-port', String(options.metricsPort)]),
      ...(options.codecUrl === undefined ? [] : ['--ui-codec-endpoint', options.codecUrl]),
      // WAL with synchronous=NORMAL survives kill -9 of the process and is far faster than the default.
      ...(options.databaseFile === undefined
        ? []
        : [
            '--db-filename',
            options.databaseFile,
            '--sqlite-pragma',
            'journal_mode=WAL',
            '--sqlite-pragma',
            'synchronous=NORMAL',
          ]),
      ...Object.entries(dynamicConfig).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ],
  };
}
