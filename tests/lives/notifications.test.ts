import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { saveSeller } from '../../prisma/identity';
import { keepEvents } from '../../prisma/event';
import { freePort } from '../../local/ports';
import { kills, struck } from '../support/failpoints';
import { MoodySmtp } from '../support/receivers';
import { platformKey, TestStack, unique } from '../support/stack';
import { WorkerProcesses } from '../support/worker-process';

/** `npm run notification-storm` sets it for the long run. */
const count = Number(process.env['PAYSAGA_NOTIFICATIONS'] ?? '60');
const sellers = Math.min(count, 100);
/** The server is there for so long, and away for as long. */
const spellMs = 4_000;

jest.setTimeout(700_000 + count * 1_000);

let stack: TestStack;
let workers: WorkerProcesses;
const smtp = new MoodySmtp();
const folder = mkdtempSync(join(tmpdir(), 'paysaga-notifications-'));
const stopped = new AbortController();
let weather: Promise<void>;

beforeAll(async () => {
  const port = await freePort();
  stack = await TestStack.start({ withWorker: false });
  await stack.call(
    'PUT',
    '/v1/merchants/default',
    { policies: { notifications: { tell_sellers: true } } },
    { Authorization: `Bearer ${platformKey}` },
  );
  weather = changeable(port);
  workers = new WorkerProcesses(stack, {
    SMTP_URL: `smtp://127.0.0.1:${String(port)}`,
    NOTIFICATION_MAIL_FROM: 'pay@paysaga.example',
  });
  const share = Math.min(0.03, 10 / count);
  workers.keep(
    kills(folder, [
      { name: 'notification.after_start', share },
      { name: 'notification.before_send', share },
      { name: 'notification.handing_over', share },
      { name: 'notification.after_send', share },
    ]),
  );
});
afterAll(async () => {
  workers.stop();
  stopped.abort();
  await weather;
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** There half of the time; who is spoken to when it goes hears nothing any more. */
async function changeable(port: number): Promise<void> {
  const spell = () => pause(spellMs, undefined, { signal: stopped.signal }).catch(() => undefined);
  while (!stopped.signal.aborted) {
    await smtp.listen(port);
    await spell();
    await smtp.close();
    await spell();
  }
}

interface Standing {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly tries: number;
}

describe('messages to people', () => {
  it(`${String(count)} with the mail server away half of the time and workers killed: each came once, or it is said why not`, async () => {
    const names = Array.from({ length: sellers }, () => unique('seller'));
    for (const name of names)
      await saveSeller(stack.databases.identity, 'default', name, { email: `${name}@shop.example` });
    for (let first = 0; first < count; first += 500)
      await keepEvents(
        stack.databases.events,
        Array.from({ length: Math.min(500, count - first) }, (_, place) => {
          const [number, seller] = [first + place, names[(first + place) % sellers] ?? ''];
          return {
            eventId: `evt_storm${String(number)}`,
            merchantId: 'default',
            type: 'statement.ready',
            resourceType: 'statement',
            resourceId: `${seller}.2027-02.EUR`,
            version: 1,
            data: { seller_account: seller },
            occurredAt: new Date(),
          };
        }),
      );

    const rows = async (): Promise<Standing[]> =>
      (
        await stack.owner.query<Standing>(
          'SELECT notification_id AS id, state, reason, tries FROM events.notification ORDER BY created_at',
        )
      ).rows;
    await stack.eventually(
      async () => {
        const all = await rows();
        const waiting = all.filter(({ state }) => state === 'pending');
        if (all.length === count && waiting.length === 0) return undefined;
        // Hours pass in seconds: what waits for its next try has it now.
        const { rows: due } = await stack.owner.query<{ id: string }>(
          "SELECT notification_id AS id FROM events.notification WHERE state = 'pending' AND next_try_at > now() + interval '2 seconds' ORDER BY updated_at LIMIT 300",
        );
        for (const { id } of due)
          await stack.client.workflow
            .getHandle(`notification/default/${id}`)
            .signal('review')
            .catch(() => undefined);
        await pause(1_000);
        return `${String(waiting.length)} of ${String(all.length)} wait`;
      },
      500 + count * 0.9,
    );

    const arrived = new Map<string, number>();
    for (const { source } of smtp.taken) {
      const id = /^Message-ID: <(ntf_[a-f0-9]{24})@paysaga>/im.exec(source)?.[1] ?? 'unknown';
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
    }
    const all = await rows();
    const figures = (which: (one: Standing) => boolean): number => all.filter(which).length;
    // Nobody has got one twice, nor one that there is no row of.
    expect([...arrived].filter(([id, times]) => times > 1 || !all.some((one) => one.id === id))).toEqual([]);
    expect(all.filter(({ id, state }) => state === 'delivered' && arrived.get(id) !== 1)).toEqual([]);
    expect(
      all.filter(
        ({ state, reason }) => state !== 'delivered' && !['outcome_unknown', 'gave_up'].includes(reason ?? ''),
      ),
    ).toEqual([]);
    // What is away half of the time is there half of the time: tries that are hours apart elsewhere come within seconds here.
    expect(figures(({ state }) => state === 'delivered')).toBeGreaterThan(count / 2);
    // The log has what became of each.
    const { rows: unlogged } = await stack.owner.query(
      `SELECT n.notification_id FROM events.notification AS n
       WHERE NOT EXISTS (SELECT FROM events.notification_attempt AS a WHERE a.notification_id = n.notification_id AND a.ended_at IS NOT NULL
                         AND a.state = CASE n.state WHEN 'delivered' THEN 'delivered' ELSE CASE n.reason WHEN 'gave_up' THEN 'deferred' ELSE 'unknown' END END)`,
    );
    expect(unlogged).toEqual([]);
    const gaps = new Map<string, number>();
    for (const strike of struck(folder)) {
      const gap = strike.split(' ')[0] ?? '';
      gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
    }
    expect(gaps.size).toBeGreaterThan(0);
    if (count > 1_000)
      console.log(
        `${String(figures(({ state }) => state === 'delivered'))} delivered, ${String(figures(({ reason }) => reason === 'outcome_unknown'))} unknown, ${String(figures(({ reason }) => reason === 'gave_up'))} given up; ${String(all.reduce((sum, { tries }) => sum + tries, 0))} tries; kills: ${JSON.stringify([...gaps])}`,
      );
  });
});
