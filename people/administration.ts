import express, { type Request, type Response, type Router } from 'express';
import { identifierPattern } from '../domain/identifiers';
import { isRole, rolePurposes, roles, sellerSeat } from '../domain/roles';
import {
  changePerson,
  findPerson,
  forgetTries,
  isLockedNow,
  listHappenings,
  listPeople,
  removeSecondFactors,
  trySubject,
  unlockCodes,
  type HappeningKind,
  type PersonRecord,
} from '../prisma/people';
import { happeningsTable } from './happenings';
import { inviting } from './invitation';
import { html, type Html } from './html';
import { field, form, moment, wideTable } from './page';
import { listOf } from './auth';
import {
  asked,
  done,
  mustBe,
  mustBeSure,
  note,
  readForm,
  said,
  saidAll,
  show,
  Turned,
  type PeopleDependencies,
} from './visit';
import type { Visitor } from './visitor';

const pageLength = 50;
/** A token names them all. */
const mostSellers = 50;

const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

/** What an administrator does to other people. Each of it needs a recent second factor, and is written down. */
export function administrationRoutes(dependencies: PeopleDependencies): Router {
  const { people, secret, mails } = dependencies;
  const router = express.Router();

  router.get('/people', async (request, response) => {
    const visitor = await mustBe(dependencies, request, 'admin');
    const found = await listPeople(people, pageLength + 1, asked(request, 'after') || null);
    show(response, 'People', peopleList(found), { visitor });
  });
  router.post('/people', readForm, async (request, response) => {
    const visitor = await sure(request, '/people');
    const [name, email] = [said(request, 'name').trim(), said(request, 'email').trim()];
    const id = await inviting(dependencies, { name, email });
    await note(dependencies, request, { kind: 'invited', personId: id, byPersonId: visitor.person.id });
    response.redirect(303, `/people/${id}`);
  });
  router.get('/people/:id', async (request, response) => {
    const visitor = await mustBe(dependencies, request, 'admin');
    const person = await mustFind(request);
    const isLocked = await isLockedNow(people, trySubject(secret, 'password', person.email));
    const history = await listHappenings(people, { personId: person.id }, pageLength);
    show(response, person.email, personPage(person, isLocked, history), {
      visitor,
      notice: asked(request, 'done') === '1' ? done('It is done.') : undefined,
    });
  });
  router.post('/people/:id/roles', readForm, async (request, response) => {
    const { visitor, person } = await other(request);
    const wanted = saidAll(request, 'role').filter(isRole);
    const [merchants, sellers] = [wordsIn(said(request, 'merchants')), wordsIn(said(request, 'sellers'))];
    const wrong = merchants.find((word) => word !== '*' && !identifierPattern.test(word));
    if (wrong !== undefined)
      throw Turned.away(400, `"${wrong}" is no merchant's id: give ids with commas between, or *.`);
    const stranger = sellers.find((word) => sellerSeat(word) === undefined);
    if (stranger !== undefined)
      throw Turned.away(400, `"${stranger}" is no seller: give a merchant's id, a slash, and the seller's id.`);
    if (sellers.length > mostSellers)
      throw Turned.away(400, `One person can be ${String(mostSellers)} sellers at most.`);
    await changePerson(people, person.id, { roles: wanted, merchants, sellers });
    await noted(request, response, visitor, person, 'roles_changed', {
      roles: wanted.join(' '),
      merchants: merchants.join(' '),
      ...(sellers.length > 0 && { sellers: sellers.join(' ') }),
    });
    void mails.changed(person, 'Your roles were changed');
  });
  router.post('/people/:id/suspend', readForm, async (request, response) => {
    const { visitor, person } = await other(request);
    const why = said(request, 'why').trim().slice(0, 500);
    if (why === '') throw Turned.away(400, 'Say why.');
    await changePerson(people, person.id, { suspendedWhy: why });
    await noted(request, response, visitor, person, 'suspended', { why });
  });
  router.post('/people/:id/reinstate', readForm, async (request, response) => {
    const { visitor, person } = await other(request);
    await changePerson(people, person.id, { suspendedWhy: null });
    await noted(request, response, visitor, person, 'reinstated');
  });
  router.post('/people/:id/unlock', readForm, async (request, response) => {
    const { visitor, person } = await other(request);
    await forgetTries(people, trySubject(secret, 'password', person.email));
    await forgetTries(people, trySubject(secret, 'code', person.id));
    await unlockCodes(people, person.id);
    await noted(request, response, visitor, person, 'unlocked');
  });
  router.post('/people/:id/remove-second-factor', readForm, async (request, response) => {
    const { visitor, person } = await other(request);
    await removeSecondFactors(people, person.id);
    await noted(request, response, visitor, person, 'authenticator_removed');
    void mails.changed(person, 'Your authenticator and passkeys were removed by an administrator');
  });
  return router;

  async function sure(request: Request, to: string): Promise<Visitor> {
    const visitor = await mustBe(dependencies, request, 'admin');
    mustBeSure(dependencies, visitor, to);
    return visitor;
  }

  async function mustFind(request: Request): Promise<PersonRecord> {
    const person = await findPerson(people, { id: String(request.params['id']) });
    if (person === null) throw Turned.away(404, 'There is nobody of that id.');
    return person;
  }

  /** Nobody gives roles to themselves, or takes their own away: another administrator does. */
  async function other(request: Request): Promise<{ visitor: Visitor; person: PersonRecord }> {
    const person = await mustFind(request);
    const visitor = await sure(request, `/people/${person.id}`);
    if (visitor.person.id === person.id) throw Turned.away(403, 'Another administrator does that to you.');
    return { visitor, person };
  }

  async function noted(
    request: Request,
    response: Response,
    visitor: Visitor,
    person: PersonRecord,
    kind: HappeningKind,
    details: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await note(dependencies, request, { kind, personId: person.id, byPersonId: visitor.person.id, details });
    response.redirect(303, `/people/${person.id}?done=1`);
  }
}

function peopleList(found: readonly PersonRecord[]): Html {
  const shown = found.slice(0, pageLength);
  const last = found.length > pageLength ? shown.at(-1)?.email : undefined;
  return html`${wideTable(
      'People',
      ['address', 'name', 'roles', 'merchants', 'second factor'],
      shown.map((person) => [
        html`<a href="/people/${person.id}">${person.email}</a>${person.suspendedAt === null ? null : ' (suspended)'}`,
        person.name,
        listOf(person.roles).join(', '),
        listOf(person.merchants).join(', '),
        person.twoFactorEnabled ? 'yes' : 'no',
      ]),
    )}
    ${last === undefined ? null : html`<p><a href="/people?after=${encodeURIComponent(last)}">More</a></p>`}
    <h2>Invite somebody</h2>
    ${form('/people', 'Invite', [field('name', 'Name'), field('email', 'E-mail address', { type: 'email' })])}`;
}

function personPage(
  person: PersonRecord,
  isLocked: boolean,
  history: Awaited<ReturnType<typeof listHappenings>>,
): Html {
  const own = listOf(person.roles);
  const at = `/people/${person.id}`;
  return html`<p>
      ${person.name}${person.emailVerified ? null : ', address not confirmed'}${isLocked ? ', locked' : null}
      ${person.suspendedAt === null ? null : html`<br />Suspended since ${moment(person.suspendedAt)}: ${person.suspendedWhy}`}
    </p>
    ${form(`${at}/roles`, 'Save', [
      html`<fieldset>
        <legend>Roles</legend>
        ${roles.map(
          (role) =>
            html`<label
              ><input type="checkbox" name="role" value="${role}" ${own.includes(role) ? html` checked` : null} />
              <strong>${role}</strong>: ${rolePurposes[role]}</label
            >`,
        )}
      </fieldset>`,
      field('merchants', 'Merchants they act for, with commas between; * for all', {
        value: listOf(person.merchants).join(', '),
        required: false,
      }),
      field('sellers', 'Sellers they are, each as merchant/seller, with commas between', {
        value: listOf(person.sellers).join(', '),
        required: false,
      }),
    ])}
    <h2>Trouble</h2>
    ${form(`${at}/unlock`, 'Unlock', html``, {}, true)}
    ${form(`${at}/remove-second-factor`, 'Remove authenticator and passkeys', html``, {}, true)}
    ${
      person.suspendedAt === null
        ? form(`${at}/suspend`, 'Suspend', field('why', 'Why'), {}, true)
        : form(`${at}/reinstate`, 'Reinstate', html``, {}, true)
    }
    <h2>What happened</h2>
    ${happeningsTable(history)}`;
}
