import { z } from 'zod';
import { identifierPattern } from '../../domain/identifiers';
import type { ProblemName } from '../problem';
import type { Scope, sellerScopes } from '../scopes';

export type Method = 'get' | 'post' | 'put';

/** One call of the API, as its description tells of it. */
export interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
  /** Another that will do: keys had it before there was the first. */
  readonly orScope?: Scope;
  /** Another that does for some bodies: the call itself looks which. */
  readonly partScope?: Scope;
  /** What lets the seller itself do it, about itself alone: whose it is the id in the path says, or the row that is found. */
  readonly own?: { readonly scope: (typeof sellerScopes)[number]; readonly by: 'path' | 'row' };
  readonly body?: z.ZodType;
  readonly bodyOptional?: boolean;
  /** Media types of a body that is taken as it is, instead of JSON. */
  readonly raw?: readonly string[];
  readonly example?: unknown;
  readonly query?: z.ZodObject;
  /** What the id in the path looks like, where it is not one of the merchant's own. */
  readonly idPattern?: RegExp;
  /** Whether `Prefer: wait` makes the answer wait for the outcome. */
  readonly waits?: boolean;
  readonly answers: Readonly<Partial<Record<200 | 201 | 202, z.ZodType>>>;
  /** Media types it is also answered as, or, without a schema for JSON, is answered as only. */
  readonly text?: readonly ('text/csv' | 'text/html')[];
  /** What can be done next with what it answers: operation, and where the id for it is. */
  readonly links?: Readonly<Record<string, string>>;
  /** Refusals of its own, besides those that every call of its kind has. */
  readonly problems?: readonly ProblemName[];
}

/** What several calls take as parameters. */
export const time = z.iso.datetime({ offset: true });

export const identifier = z.string().regex(identifierPattern);

export const currency = z.string().regex(/^[A-Z]{3}$/);

/** A span of time in which the rows of a list were made. */
export const created = {
  created_from: time.optional().meta({ description: 'From this time on' }),
  created_to: time.optional().meta({ description: 'Before this time' }),
};

/** A page of a list, by the cursor of the page before. */
export const paged = (cursor: z.ZodString = identifier) => ({
  limit: z.int().min(1).max(100).default(50).optional(),
  after: cursor.optional().meta({ description: '`next_cursor` of the page before' }),
});

/** An id of the PSP's. */
export const pspId = /^[A-Za-z0-9_]{1,255}$/;

/** A period of the book. */
export const period = { from: time.optional(), to: time.optional() };
