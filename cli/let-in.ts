import { openDatabase } from '../prisma/database';
import { findPerson, recordHappening, removeSecondFactors, unlockCodes } from '../prisma/people';
import { environment, runCommand, UsageError } from './environment';

const usage = `Usage: npm run -s let-in -- ADDRESS

  For an administrator who has lost authenticator and recovery codes when there is no other administrator: takes their authenticator and
  passkeys away, ends their sessions, and writes it down. They sign in by password then, and set a new one. A password that is locked or
  forgotten is mended on the page, by mail.

Reads PEOPLE_DATABASE_URL, or else the local stack's run.json.`;

async function main(): Promise<number> {
  const [address, ...more] = process.argv.slice(2);
  if (address === undefined || address.startsWith('-') || more.length > 0) throw new UsageError('whom?');
  const url = process.env['PEOPLE_DATABASE_URL'] ?? environment()['PEOPLE_DATABASE_URL'];
  if (url === undefined) throw new UsageError('PEOPLE_DATABASE_URL is missing');
  const people = openDatabase('people', url, 'everything', (error) => console.error(error.message));
  try {
    const person = await findPerson(people, { email: address });
    if (person === null) {
      console.error(`there is nobody of the address ${address}`);
      return 1;
    }
    await removeSecondFactors(people, person.id);
    await unlockCodes(people, person.id);
    await recordHappening(people, {
      kind: 'authenticator_removed',
      personId: person.id,
      remoteAddress: null,
      userAgent: null,
      details: { by: 'command line' },
    });
    console.log(`${address} signs in by password now, and sets a new second factor`);
    return 0;
  } finally {
    await people.$disconnect();
  }
}

runCommand(main, usage);
