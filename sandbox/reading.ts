import type { Call } from './call';
import type { Metadata } from './objects';
import type { Store, StoredObject } from './store';
import { invalid, missing } from './stripe-error';

/** Whether a line is in the PSP's own account of itself at a time: one may be left out, or come late. */
export function isListed({ hidden }: StoredObject, nowSeconds: number): boolean {
  const from = hidden?.['listedFrom'];
  return from === undefined || (from !== null && Number(from) <= nowSeconds);
}

const bounds: Readonly<Record<string, (time: number, bound: number) => boolean>> = {
  gte: (time, bound) => time >= bound,
  gt: (time, bound) => time > bound,
  lte: (time, bound) => time <= bound,
  lt: (time, bound) => time < bound,
};

/** A list as Stripe pages it: newest first, `limit` and `starting_after`, `created` as a range, and equality on the named fields. */
export function listOf(
  store: Store,
  call: Call,
  kind: string,
  url: string,
  fields: readonly string[],
): Record<string, unknown> {
  const {
    limit: rawLimit,
    starting_after: after,
    created,
  } = call.params as { limit?: string; starting_after?: string; created?: Record<string, string> };
  const limit = rawLimit === undefined ? 10 : Number(rawLimit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw invalid('This value must be between 1 and 100.', 'limit');
  let found = store
    .list(call.account, kind)
    .filter((stored) => isListed(stored, call.nowSeconds))
    .map((stored) => stored.value);
  for (const field of fields) {
    const wanted = call.params[field];
    if (wanted !== undefined) found = found.filter((value) => value[field] === wanted);
  }
  for (const [bound, holds] of Object.entries(bounds)) {
    const time = created?.[bound];
    if (time !== undefined) found = found.filter((value) => holds(Number(value['created']), Number(time)));
  }
  if (after !== undefined) {
    const from = found.findIndex((value) => value.id === after);
    if (from < 0) throw missing(kind, after, 'starting_after');
    found = found.slice(from + 1);
  }
  return { object: 'list', data: found.slice(0, limit), has_more: found.length > limit, url };
}

/** Search by metadata. Like Stripe's it lags behind: objects of the last seconds aren't found yet (docs.stripe.com/search). */
export function searchFor(
  store: Store,
  call: Call,
  query: string,
  kind: string,
  url: string,
  lagSeconds: number,
): Record<string, unknown> {
  const clauses = [...query.matchAll(/metadata\[['"]([^'"]+)['"]\]:['"]([^'"]*)['"]/g)];
  if (clauses.length === 0) throw invalid("The sandbox searches by metadata['name']:'value' only.", 'query');
  const data = store
    .list(call.account, kind)
    .map((stored) => stored.value)
    .filter((value) => Number(value['created']) <= call.nowSeconds - lagSeconds)
    .filter((value) => clauses.every(([, name, wanted]) => (value['metadata'] as Metadata)[name ?? ''] === wanted));
  return { object: 'search_result', data: data.slice(0, 100), has_more: data.length > 100, next_page: null, url };
}

/** What the account holds, by currency: what is available now, and what is still to come. */
export function balanceOf(store: Store, call: Call): Record<string, unknown> {
  const sums = { available: new Map<string, number>(), pending: new Map<string, number>() };
  for (const { value } of store.list(call.account, 'balance_transaction')) {
    const into = Number(value['available_on']) <= call.nowSeconds ? sums.available : sums.pending;
    const currency = value['currency'] as string;
    into.set(currency, (into.get(currency) ?? 0) + Number(value['net']));
  }
  const rows = (map: Map<string, number>) =>
    [...map].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
  return { object: 'balance', available: rows(sums.available), livemode: false, pending: rows(sums.pending) };
}

/** What an account has available in one currency. */
export function availableIn(store: Store, account: string, currency: string, nowSeconds: number): number {
  return store
    .list(account, 'balance_transaction')
    .filter(({ value }) => value['currency'] === currency && Number(value['available_on']) <= nowSeconds)
    .reduce((sum, { value }) => sum + Number(value['net']), 0);
}
