import { describe, expect, it } from '@jest/globals';
import type { PrismaClient } from './database';
import { Prisma } from './generated/client';
import { together } from './together';

const client = {} as PrismaClient;

const refusedWith = (code: string): Error =>
  new Prisma.PrismaClientKnownRequestError('refused', {
    code: 'P2010',
    clientVersion: 'any',
    meta: { driverAdapterError: { cause: { originalCode: code } } },
  });

/** Doubles numbers, not before `until` has come; refuses what is below zero; says which batches it has seen. */
function doubling({ code = '23514', until = Promise.resolve() }: { code?: string; until?: Promise<void> } = {}) {
  const batches: number[][] = [];
  const double = together<number, number>(async (_client, inputs) => {
    batches.push([...inputs]);
    await until;
    if (inputs.some((input) => input < 0)) throw refusedWith(code);
    return inputs.map((input) => input * 2);
  });
  return { batches, double };
}

describe('together', () => {
  it('sends what comes at the same time in one statement, and answers each its own', async () => {
    const { batches, double } = doubling();
    expect(await Promise.all([1, 2, 3].map((input) => double(client, input)))).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('waits for nobody when nobody is there, and gathers who comes while two statements are under way', async () => {
    let finish = (): void => undefined;
    const { batches, double } = doubling({ until: new Promise((resolve) => (finish = resolve)) });
    const answers: Promise<number>[] = [];
    for (let input = 1; input <= 8; input += 1) {
      answers.push(double(client, input));
      await new Promise((next) => setImmediate(next));
    }
    expect(batches).toEqual([[1], [2]]);
    finish();
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
    expect(batches).toEqual([[1], [2], [3, 4, 5, 6, 7, 8]]);
  });

  it('a refused one fails alone: the others of its batch are carried out', async () => {
    const { batches, double } = doubling();
    const answers = await Promise.allSettled([1, -2, 3].map((input) => double(client, input)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([[1, -2, 3], [1], [-2], [3]]);
  });

  it('a database that is away fails all, and is not asked for each again', async () => {
    const { batches, double } = doubling({ code: '57P01' });
    const answers = await Promise.allSettled([1, -2, 3].map((input) => double(client, input)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batches).toHaveLength(1);
  });

  it('keeps apart what must not share a statement, and databases', async () => {
    const batches: string[][] = [];
    const take = together<string, string>(
      (_client, inputs) => {
        batches.push([...inputs]);
        return Promise.resolve(inputs);
      },
      (input) => input.slice(0, 1),
    );
    const other = {} as PrismaClient;
    await Promise.all([take(client, 'a1'), take(client, 'b1'), take(client, 'a2'), take(other, 'a3')]);
    expect(batches.map((batch) => batch.join())).toEqual(['a1,a2', 'b1', 'a3']);
  });
});
