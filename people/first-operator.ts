import { roles } from '../domain/roles';
import { changePerson, countPeople } from '../prisma/people';
import type { PeopleDependencies } from './visit';

/**
 * Makes the first operator, with every role and for all merchants, when nobody is there yet. Their first sign-in sets the second factor.
 * Two processes that start at once make one: the address is unique.
 */
export async function ensureFirstOperator(
  { auth, people, logger }: PeopleDependencies,
  email: string,
  password: string,
): Promise<void> {
  if ((await countPeople(people)) > 0) return;
  const { internalAdapter, password: passwords } = await auth.$context;
  const made = await internalAdapter
    .createUser({ name: 'First operator', email: email.toLowerCase(), emailVerified: true }, { method: 'invitation' })
    .catch(() => undefined);
  if (made === undefined) return;
  await internalAdapter.linkAccount({
    userId: made.id,
    providerId: 'credential',
    accountId: made.id,
    password: await passwords.hash(password),
  });
  await changePerson(people, made.id, { roles, merchants: ['*'] });
  logger.info({ email }, 'the first operator was made');
}
