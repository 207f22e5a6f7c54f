import { randomBytes } from 'node:crypto';
import { findPerson } from '../prisma/people';
import { addressLacks, nameLacks } from './input';
import { Turned, type PeopleDependencies } from './visit';

/** How long an invitation's link holds. */
const heldForMs = 3_600_000;

/**
 * Makes somebody who chooses their password by a link in a mail. Inviting again whoever has not come yet sends another link.
 *
 * @returns the person's id
 * @throws Turned for a name or an address that is none
 */
export async function inviting(
  { auth, people, mails, publicUrl }: PeopleDependencies,
  { name, email }: { readonly name: string; readonly email: string },
): Promise<string> {
  const lacking = nameLacks(name) ?? addressLacks(email);
  if (lacking !== undefined) throw Turned.away(400, lacking);
  const there = await findPerson(people, { email });
  if (there?.emailVerified === true) return there.id;
  const { internalAdapter, password } = await auth.$context;
  const made =
    there ??
    (await internalAdapter.createUser(
      { name, email: email.toLowerCase(), emailVerified: false },
      { method: 'invitation' },
    ));
  if (there === null)
    await internalAdapter.linkAccount({
      userId: made.id,
      providerId: 'credential',
      accountId: made.id,
      // Nobody knows it: the link is the way in.
      password: await password.hash(randomBytes(24).toString('base64url')),
    });
  const token = randomBytes(24).toString('base64url');
  await internalAdapter.createVerificationValue({
    identifier: `reset-password:${token}`,
    value: made.id,
    expiresAt: new Date(Date.now() + heldForMs),
  });
  void mails.invited({ email }, `${publicUrl}/reset?token=${token}`);
  return made.id;
}
