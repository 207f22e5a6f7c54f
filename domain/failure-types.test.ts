import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { failureTypes } from './failure-types';

describe('docs/failures.md', () => {
  it('explains every failure with its retry class, and no other', () => {
    const text = readFileSync(join(__dirname, '..', 'docs', 'failures.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z]\w+)` \| ([a-z-]+) \|/gm)].map(([, name, retried]) => [name, retried]);
    expect(Object.fromEntries(rows)).toEqual(failureTypes);
  });
});
