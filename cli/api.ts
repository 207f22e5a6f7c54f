import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, UsageError } from './environment';

/** Where the API is, and the key of who asks. */
export interface Api {
  readonly url: string;
  readonly key: string;
}

/** The API that the environment names, or else the local stack's with its operator's key. @throws UsageError when there is none */
export function apiOf(): Api {
  const { PAYSAGA_API_URL: url, PAYSAGA_API_KEY: key } = process.env;
  if (url !== undefined && key !== undefined) return { url, key };
  const runFile = join(process.env['PAYSAGA_HOME'] ?? '.paysaga', 'run.json');
  if (!existsSync(runFile))
    throw new UsageError('no local stack runs here: set PAYSAGA_API_URL and PAYSAGA_API_KEY, or start one');
  const { apiUrl, opsApiKey } = JSON.parse(readFileSync(runFile, 'utf8')) as { apiUrl: string; opsApiKey: string };
  return { url: apiUrl, key: opsApiKey };
}

/** Asks the API; nothing for a GET of what is not there. @throws Refusal with the API's own words */
export async function call({ url, key }: Api, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as {
    detail?: string;
    errors?: readonly { readonly pointer: string; readonly detail: string }[];
  };
  if (response.status === 404 && method === 'GET') return undefined;
  if (!response.ok) {
    const mistakes = (answer.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`);
    throw new Refusal(`${answer.detail ?? `the API answered ${String(response.status)}`}${mistakes.join('')}`);
  }
  return answer;
}
