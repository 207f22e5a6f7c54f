import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { plantedBugs } from './planted-bugs';

describe('planted bugs', () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))('can still be planted: %s', (_name, { edits }) => {
    for (const { file, from, to } of edits) {
      expect(readFileSync(join(__dirname, '..', file), 'utf8').split(from)).toHaveLength(2);
      expect(to).not.toBe(from);
    }
  });

  it('are at least 15', () => expect(plantedBugs.length).toBeGreaterThanOrEqual(15));
});
