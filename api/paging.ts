import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import { identifierPattern } from '../domain/identifiers';
import { Problem } from './problem';

const longestPage = 100;
const rowPollMs = 100;

/** Ids that can't exist are answered like ids that don't. */
export function idOf(request: Request, pattern = identifierPattern): string {
  const id = String(request.params['id']);
  if (!pattern.test(id)) throw new Problem('not-found', 'there is no such id');
  return id;
}

/** `limit` and `after` of a list. @throws Problem that names the parameter */
export function pageOf(request: Request, pattern = identifierPattern): { limit: number; after: string | null } {
  const limit = Number(request.query['limit'] ?? '50');
  if (!Number.isInteger(limit) || limit < 1 || limit > longestPage)
    throw wrongParameter('limit', `must be 1 to ${String(longestPage)}`);
  const after = request.query['after'];
  if (after !== undefined && (typeof after !== 'string' || !pattern.test(after)))
    throw wrongParameter('after', 'must be a next_cursor of an earlier answer');
  return { limit, after: after ?? null };
}

/** One of the words that a parameter may be; nothing when it is left out. @throws Problem that names them */
export function wordOf<Word extends string>(request: Request, name: string, words: readonly Word[]): Word | undefined {
  const given = request.query[name];
  if (given === undefined) return undefined;
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) throw wrongParameter(name, `must be one of: ${words.join(', ')}`);
  return word;
}

/** A page as lists are answered. `found` holds one more than asked for when there are more. */
export function listAnswer<Row>(
  found: readonly Row[],
  limit: number,
  render: (row: Row) => unknown,
  id: (row: Row) => string,
) {
  const data = found.slice(0, limit);
  const last = data.at(-1);
  return {
    data: data.map(render),
    has_more: found.length > limit,
    next_cursor: found.length > limit && last !== undefined ? id(last) : null,
  };
}

export const wrongParameter = (parameter: string, detail: string): Problem =>
  new Problem('validation-failed', `${parameter} ${detail}`, [{ pointer: parameter, detail }]);

/** Reads a row again until it is as wanted, or the client's patience is over. */
export async function rowWhen<Row>(
  seconds: number,
  read: () => Promise<Row>,
  wanted: (row: Row) => boolean,
): Promise<Row> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const row = await read();
    const left = deadline - Date.now();
    if (wanted(row) || left <= 0) return row;
    await pause(Math.min(rowPollMs, left), undefined, { ref: false });
  }
}
