import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import { z } from 'zod';
import { identifierPattern } from '../domain/identifiers';
import { isCurrency } from '../domain/money';
import { Problem } from './problem';

const longestPage = 100;
const rowPollMs = 100;

/** Ids that can't exist are answered like ids that don't. */
export function idOf(request: Request, pattern = identifierPattern): string {
  const id = String(request.params['id']);
  if (!pattern.test(id)) throw new Problem('not-found', 'there is no such id');
  return id;
}

/** How many a list may show at once. @throws Problem that names the parameter */
export function limitOf(request: Request): number {
  const given = request.query['limit'] ?? '50';
  const limit = typeof given === 'string' && /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > longestPage) throw wrongParameter('limit', `must be 1 to ${String(longestPage)}`);
  return limit;
}

/** `limit` and `after` of a list. @throws Problem that names the parameter */
export function pageOf(request: Request, pattern = identifierPattern): { limit: number; after: string | null } {
  const limit = limitOf(request);
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

/** What is to be answered, by `format` or else by `Accept`. @throws Problem that names the parameter */
export const jsonOrCsv = (request: Request): 'json' | 'csv' =>
  wordOf(request, 'format', ['json', 'csv'] as const) ??
  (request.accepts(['json', 'text/csv']) === 'text/csv' ? 'csv' : 'json');

/** The id that a parameter names; nothing when it is left out. @throws Problem that names the parameter */
export function idParameter(request: Request, name: string, what: string): string | undefined {
  const id = request.query[name];
  if (id === undefined || (typeof id === 'string' && identifierPattern.test(id))) return id;
  throw wrongParameter(name, `must be the id of ${what}`);
}

const timeText = z.iso.datetime({ offset: true });

/** A time that a parameter names (RFC 3339); nothing when it is left out. @throws Problem that names the parameter */
export function timeParameter(request: Request, name: string): Date | undefined {
  const given = request.query[name];
  if (given === undefined) return undefined;
  const time = timeText.safeParse(given);
  if (!time.success) throw wrongParameter(name, 'must be a time such as "2026-11-01T00:00:00Z"');
  return new Date(time.data);
}

/** `created_from` (and at it) and `created_to` (and not at it) of a list. @throws Problem that names the parameter */
export const createdBetween = (request: Request): { gte?: Date; lt?: Date } | undefined => spanOf(request, 'created');

/** A span of time by the parameters `…_from` (and at it) and `…_to` (and not at it). @throws Problem that names the parameter */
export function spanOf(request: Request, name: 'created' | 'started'): { gte?: Date; lt?: Date } | undefined {
  const from = timeParameter(request, `${name}_from`);
  const to = timeParameter(request, `${name}_to`);
  if (from === undefined && to === undefined) return undefined;
  return { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) };
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

/** A currency, when the request names one. */
export function currencyParameter(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !isCurrency(value))
    throw wrongParameter(name, 'must be an ISO 4217 currency code in upper case, such as "EUR"');
  return value;
}

export const wrongParameter = (parameter: string, detail: string): Problem =>
  new Problem('validation-failed', `${parameter} ${detail}`, [{ pointer: parameter, detail }]);

/** Reads a row again until it is as wanted, the client's patience is over, or this process is to end. */
export async function rowWhen<Row>(
  { draining }: { readonly draining: AbortSignal },
  seconds: number,
  read: () => Promise<Row>,
  wanted: (row: Row) => boolean,
): Promise<Row> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const row = await read();
    const left = deadline - Date.now();
    if (wanted(row) || left <= 0 || draining.aborted) return row;
    await pause(Math.min(rowPollMs, left), undefined, { ref: false });
  }
}
