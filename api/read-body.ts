import type { Request } from 'express';
import type { z } from 'zod';
import { findCardNumbers } from './card-number';
import { Problem, type FieldError } from './problem';
import { pointerOf } from './schemas';

/** The validated body, or a 422 that names every mistake. Nothing of a refused body is kept or echoed. */
export function readBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  { optional = false } = {},
): z.infer<Schema> {
  if (request.body === undefined && optional) return schema.parse({});
  if (request.body === undefined) {
    const sent = request.headers['content-type'];
    if (sent !== undefined && !request.is('application/json'))
      throw new Problem('unsupported-media-type', 'send Content-Type: application/json');
    throw new Problem('malformed-request', 'a JSON body is required', [
      { pointer: '', detail: 'must be a JSON object' },
    ]);
  }
  const cards = findCardNumbers(request.body);
  if (cards.length > 0) {
    throw new Problem(
      'validation-failed',
      'the body holds what looks like a card number: card data must go to the PSP only',
      cards.map((pointer) => ({ pointer, detail: 'looks like a card number' })),
    );
  }
  const result = schema.safeParse(request.body);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue): FieldError[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'is not a known field' }))
      : [{ pointer: pointerOf(issue.path), detail: issue.message }],
  );
  const shown = errors.slice(0, 50);
  throw new Problem(
    'validation-failed',
    shown.map(({ pointer, detail }) => `${pointer === '' ? 'the body' : pointer} ${detail}`).join('; '),
    shown,
  );
}
