import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { firstOperator, PeopleProcess, setAuthenticator, Visit, type Authenticator } from '../support/people';
import { TestStack } from '../support/stack';

/** The secret of the sign-in service is changed: nobody loses their authenticator over it, and what was signed before is void. */
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ withWorker: false });
});
afterAll(() => stack.stop());

const word = (): string => randomBytes(32).toString('base64');

async function signedIn(people: PeopleProcess, authenticator: Authenticator): Promise<Visit> {
  const visit = new Visit(people.url);
  expect((await visit.post('/sign-in', firstOperator)).location).toContain('/sign-in/code');
  expect((await visit.post('/sign-in/code', { code: await authenticator.code() })).status).toBe(303);
  return visit;
}

/** The API takes a token that was signed with a key which an earlier secret has sealed. */
async function mayRead(people: PeopleProcess, visit: Visit): Promise<number> {
  const headers = { Authorization: `Bearer ${(await visit.token()) ?? ''}`, 'Paysaga-Merchant': 'default' };
  return (await stack.call('GET', '/v1/checkouts', undefined, headers, people.apiUrl)).status;
}

it('authenticators, recovery codes and signing keys outlast two changes of it; sessions do not', async () => {
  const [first, second, third] = [word(), word(), word()];
  const before = await PeopleProcess.start(stack, { PEOPLE_SECRET: first });
  const old = new Visit(before.url);
  await old.post('/sign-in', firstOperator);
  const { authenticator, recoveryCodes } = await setAuthenticator(old, firstOperator.password);
  expect(await mayRead(before, old)).toBe(200);
  const { rows: keysBefore } = await stack.owner.query('SELECT id FROM people.signing_key');
  await before.stop();

  const changed = await PeopleProcess.start(stack, { PEOPLE_SECRET: first, PEOPLE_SECRETS: `1:${second}` });
  const stale = new Visit(changed.url);
  for (const [name, value] of old.cookies) stale.cookies.set(name, value);
  expect((await stale.get('/account')).location).toContain('/sign-in');
  const visit = await signedIn(changed, authenticator);
  expect(await mayRead(changed, visit)).toBe(200);
  // What is sealed from now on, is under the new one.
  const made = await visit.post('/account/recovery-codes', { password: firstOperator.password });
  const fresh = /<li>([A-Za-z0-9]{5}-[A-Za-z0-9]{5})<\/li>/.exec(made.text)?.[1] ?? '';
  await changed.stop();

  const again = await PeopleProcess.start(stack, {
    PEOPLE_SECRET: first,
    PEOPLE_SECRETS: `2:${third},1:${second}`,
  });
  expect(await mayRead(again, await signedIn(again, authenticator))).toBe(200);
  const lost = new Visit(again.url);
  await lost.post('/sign-in', firstOperator);
  expect((await lost.post('/sign-in/recovery-code', { code: recoveryCodes[0] ?? '' })).status).toBe(401);
  expect((await lost.post('/sign-in/recovery-code', { code: fresh })).status).toBe(303);
  const { rows: keysAfter } = await stack.owner.query('SELECT id FROM people.signing_key');
  expect(keysAfter).toEqual(keysBefore);
  await again.stop();
});
