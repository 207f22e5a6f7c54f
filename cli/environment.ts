import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command that can't be carried out as it was given. */
export class UsageError extends Error {}

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
