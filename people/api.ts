import type { Request } from 'express';
import { listOf } from './auth';
import { headersOf, Turned, type PeopleDependencies } from './visit';
import type { Visitor } from './visitor';

const patienceMs = 10_000;

/** What is asked of the API in a visitor's name. */
export interface Asked {
  readonly path: string;
  /** For whom; left out where it is for none. */
  readonly merchant?: string;
  readonly method?: 'POST' | 'PUT';
  readonly body?: object;
}

/** Asks the API with the visitor's own token, so that the API decides who may, and its record says who has. @throws Turned */
export async function ask(dependencies: PeopleDependencies, request: Request, asked: Asked): Promise<Response> {
  const { auth, apiUrl } = dependencies;
  const { path, merchant, method = 'POST', body } = asked;
  const { token } = await auth.api.getToken({ headers: headersOf(request) });
  try {
    return await fetch(`${apiUrl}${path}`, {
      method: body === undefined ? 'GET' : method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(merchant !== undefined && { 'Paysaga-Merchant': merchant }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch {
    throw Turned.away(503, 'The API could not be reached: try again.');
  }
}

/** What the API answers to a reader. @throws Turned with the API's own words when it refuses */
export async function read<Answer>(
  dependencies: PeopleDependencies,
  request: Request,
  asked: Pick<Asked, 'path' | 'merchant'>,
): Promise<Answer> {
  const answer = await ask(dependencies, request, asked);
  if (!answer.ok) throw Turned.away(answer.status, await detailOf(answer));
  return (await answer.json()) as Answer;
}

/** Why the API has refused something. */
export async function detailOf(answer: Response): Promise<string> {
  const said = (await answer.json().catch(() => ({}))) as { detail?: string };
  return said.detail ?? 'The API refuses that.';
}

/** A list, as the API answers it. */
export interface Listed<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

/** For whom a visitor looks: the one that is asked for, or the only one there is. */
export function merchantOf({ person }: Visitor, wanted: string): string {
  const own = listOf(person.merchants);
  const [first] = own;
  if (wanted !== '') return wanted;
  return first === undefined || first === '*' ? 'default' : first;
}
