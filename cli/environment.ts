import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config';

/** A command that can't be carried out as it was given. */
export class UsageError extends Error {}

/** A wish that was understood, and refused: said in words, without how the command is used. */
export class Refusal extends Error {}

/** The environment, or where that names no database the running local stack. */
export function environment(): NodeJS.ProcessEnv {
  const home = process.env['PAYSAGA_HOME'] ?? '.paysaga';
  const runFile = join(home, 'run.json');
  if (process.env['LEDGER_DATABASE_URL'] !== undefined || !existsSync(runFile)) return process.env;
  const { databaseUrls } = JSON.parse(readFileSync(runFile, 'utf8')) as { databaseUrls: Record<string, string> };
  const { secretsKey } = JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8')) as { secretsKey: string };
  const urls = Object.entries(databaseUrls).map(([service, url]) => [`${service.toUpperCase()}_DATABASE_URL`, url]);
  return {
    ...process.env,
    ...(Object.fromEntries(urls) as NodeJS.ProcessEnv),
    PAYSAGA_SECRETS_KEY: process.env['PAYSAGA_SECRETS_KEY'] ?? secretsKey,
  };
}

/** The environment, or where that names no Temporal server the running local stack's. */
export function temporalEnvironment(): NodeJS.ProcessEnv {
  const runFile = join(process.env['PAYSAGA_HOME'] ?? '.paysaga', 'run.json');
  if (process.env['TEMPORAL_ADDRESS'] !== undefined || !existsSync(runFile)) return process.env;
  const run = JSON.parse(readFileSync(runFile, 'utf8')) as Record<
    'temporalAddress' | 'namespace' | 'taskQueue',
    string
  >;
  return {
    ...process.env,
    TEMPORAL_ADDRESS: run.temporalAddress,
    TEMPORAL_NAMESPACE: run.namespace,
    TEMPORAL_TASK_QUEUE: run.taskQueue,
  };
}

/** Runs a command, and exits as it says: 2 when it was asked wrongly, which shows how it is asked; 1 when it failed or was refused. */
export function runCommand(main: () => Promise<number>, usage: string): void {
  main().then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      const asked = error instanceof UsageError;
      const inWords = error instanceof ConfigError || error instanceof Refusal;
      console.error(asked ? `${error.message}\n\n${usage}` : inWords ? error.message : error);
      process.exitCode = asked ? 2 : 1;
    },
  );
}
