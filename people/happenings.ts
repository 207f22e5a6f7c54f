import express, { type Request, type Router } from 'express';
import { answerCsv } from '../api/csv-answer';
import { findPerson, happeningKinds, listHappenings, type HappeningFilter } from '../prisma/people';
import { html, type Html } from './html';
import { field, moment, wideTable } from './page';
import { asked, mustBe, show, Turned, type PeopleDependencies } from './visit';

type Happenings = Awaited<ReturnType<typeof listHappenings>>;

const pageLength = 50;
const columns = ['happened_at', 'kind', 'person', 'by', 'factor', 'remote_address', 'user_agent', 'details'] as const;

/** What people have done about signing in, and what was done to them: searched, and exported, by administrators. */
export function happeningRoutes(dependencies: PeopleDependencies): Router {
  const { people } = dependencies;
  const router = express.Router();
  router.get('/happenings', async (request, response) => {
    const visitor = await mustBe(dependencies, request, 'admin');
    const before = asked(request, 'before');
    const filter = {
      ...(await filterOf(dependencies, request)),
      ...(/^\d{1,18}$/.test(before) && { before: BigInt(before) }),
    };
    const found = await listHappenings(people, filter, pageLength);
    show(response, 'What happened', happeningsPage(found, asked(request, 'kind'), asked(request, 'email')), {
      visitor,
    });
  });
  router.get('/happenings.csv', async (request, response) => {
    await mustBe(dependencies, request, 'admin');
    const filter = await filterOf(dependencies, request);
    await answerCsv<Happenings[number]>(
      response,
      'happenings.csv',
      columns,
      (batch, last) =>
        listHappenings(people, { ...filter, ...(last !== undefined && { before: last.happeningId }) }, batch),
      (row) => [
        row.happenedAt.toISOString(),
        row.kind,
        row.email,
        row.byEmail,
        row.factor,
        row.remoteAddress,
        row.userAgent,
        detailsOf(row.details),
      ],
    );
  });
  return router;
}

/** What is looked for. @throws Turned for an address that is nobody's */
async function filterOf({ people }: PeopleDependencies, request: Request): Promise<HappeningFilter> {
  const kind = happeningKinds.find((one) => one === asked(request, 'kind'));
  const email = asked(request, 'email').trim();
  const person = email === '' ? undefined : await findPerson(people, { email });
  if (person === null) throw Turned.away(404, `There is nobody of the address ${email}.`);
  return { ...(kind !== undefined && { kind }), ...(person !== undefined && { personId: person.id }) };
}

function happeningsPage(found: Happenings, kind: string, email: string): Html {
  const last = found.length === pageLength ? found.at(-1)?.happeningId : undefined;
  const query = new URLSearchParams({ kind, email });
  return html`<p class="quiet">Nothing of it can be changed, not by the database's owner either.</p>
    <form method="get" action="/happenings">
      ${field('email', 'About whom (e-mail address)', { type: 'email', value: email, required: false })}
      <label for="kind">What</label>
      <select id="kind" name="kind">
        <option value="">everything</option>
        ${happeningKinds.map(
          (one) =>
            html`<option value="${one}" ${one === kind ? html` selected` : null}>${one.replaceAll('_', ' ')}</option>`,
        )}
      </select>
      <p><button class="plain">Look</button> <a href="/happenings.csv?${query.toString()}">All of it as CSV</a></p>
    </form>
    ${happeningsTable(found)}
    ${
      last === undefined
        ? null
        : html`<p><a href="/happenings?${query.toString()}&before=${String(last)}">Earlier</a></p>`
    }`;
}

/** What happened, as a table. */
export const happeningsTable = (rows: Happenings): Html =>
  wideTable(
    'What happened',
    ['when', 'what', 'about', 'by', 'from', 'more'],
    rows.map((row) => [
      moment(row.happenedAt),
      `${row.kind.replaceAll('_', ' ')}${row.factor === null ? '' : ` (${row.factor})`}`,
      row.personId === null ? 'nobody' : html`<a href="/people/${row.personId}">${row.email}</a>`,
      row.byEmail ?? '',
      row.remoteAddress ?? '',
      detailsOf(row.details),
    ]),
  );

const detailsOf = (details: unknown): string =>
  Object.entries((details ?? {}) as Record<string, string>)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
