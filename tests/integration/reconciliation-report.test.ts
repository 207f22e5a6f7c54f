import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { toMinorUnits } from '../../domain/money';
import { freePort } from '../../local/ports';
import { mailer } from '../../mail';
import { opsKey, otherOpsKey, TestStack, unique } from '../support/stack';
import { atOnce } from '../support/windows';

const ops = { Authorization: `Bearer ${opsKey}` };
const day = new Date().toISOString().slice(0, 10);
const mails: string[] = [];
let stack: TestStack;
let server: SMTPServer;
let port = 0;

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  port = await freePort();
  const send = mailer({
    smtpUrl: `smtp://127.0.0.1:${String(port)}`,
    from: 'paysaga@example.com',
    to: ['finance@example.com'],
  });
  stack = await TestStack.start({
    plant: (dependencies) => ({
      ...dependencies,
      reconciliationWindows: atOnce,
      mail: { send, links: { apiUrl: 'https://pay.example', temporalUi: null } },
    }),
  });
});
afterAll(async () => {
  await stack.stop();
  await new Promise<void>((done) => server.close(() => done()));
});

async function report(accept: string, key = opsKey): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(`${stack.apiUrl}/v1/reconciliation/runs/${day}/report`, {
    headers: { Authorization: `Bearer ${key}`, Accept: accept },
  });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

describe('the report of a settlement day', () => {
  it('as a page: totals that foot, the break with its case and proof, checks, nothing from elsewhere, and nothing that could run', async () => {
    const { id } = await stack.paid();
    const { rows } = await stack.owner.query<{ charge: string }>(
      'SELECT psp_charge_reference AS charge FROM payments.payment_order WHERE payment_order_id = $1',
      [id],
    );
    await stack.outside('settlement_lines/faults', { kind: 'amount', source: rows[0]?.charge, by: -250 });
    await stack.outside('settlement_lines/faults', {
      kind: 'foreign',
      source: `ch_${unique('x').replace('-', '')}`,
      by: 500,
      secret_key: 'sk_test_default',
    });
    const open = await stack.reconcile(day);
    expect(open).toHaveLength(2);
    const { status, type, text } = await report('text/html,*/*');
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
    for (const { break_id: found } of open)
      expect(text).toContain(`http://127.0.0.1:8233/namespaces/default/workflows/break%2Fdefault%2F${found}`);
    expect(text).toContain(`https://pay.example/v1/payments/${id}/proof`);
    // 97.50 and 5.00 of two lines, of which the fee is of the first.
    expect(text).toMatch(/<tr class="sum"><td>EUR<\/td><td>all<\/td><td class="n">2<\/td>/);
    expect(text).toContain('102.50');
    expect(text).toContain('every open checkout has its workflow');
    expect(text).toContain('<svg');
    expect(text).not.toMatch(/<script|src=|@import|url\(/);
  });

  it('what somebody else has named can not become part of the page', async () => {
    await stack.owner.query(
      `UPDATE reconciliation.break SET resolution = '<img src=x onerror=alert(1)>', state = 'resolved', closed_at = now() WHERE class = 'amount'`,
    );
    const { text } = await report('text/html');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(text).not.toContain('<img');
  });

  it('as CSV: the same, a row each, each saying what it is', async () => {
    const { type, text } = await report('text/csv');
    expect(type).toBe('text/csv; charset=utf-8');
    const rows = text.split('\r\n').map((line) => line.split(','));
    const total = rows.find(([part, , family]) => part === 'total' && family === 'all') ?? [];
    expect(total.slice(1, 4)).toEqual(['EUR', 'all', '2']);
    const [gross, fee, net] = total.slice(7, 10).map((amount) => toMinorUnits({ amount, currency: 'EUR' }));
    expect((gross ?? 0n) - (fee ?? 0n)).toBe(net);
    expect(rows.filter(([part]) => part === 'break')).toHaveLength(2);
    expect(rows.filter(([part]) => part === 'check')).toHaveLength(6);
  });

  it('another merchant sees none of it; a day that was not run has none', async () => {
    expect((await report('text/html', otherOpsKey)).status).toBe(404);
    expect((await stack.call('GET', '/v1/reconciliation/runs/2024-01-01/report', undefined, ops)).status).toBe(404);
  });

  it('goes out by mail once, also when the mail server was away, with the page and the CSV as files', async () => {
    // A day of this test's own: the workflow that mails is named after the day, and test stacks share a namespace.
    const mailed = '2024-02-29';
    const ofMailed = (): string[] =>
      mails.filter((mail) => mail.includes(`<reconciliation-default-${mailed}@paysaga>`));
    await stack.reconcile(mailed);
    // Nobody has listened so far: the run has not waited for it to be written down.
    expect(mails).toEqual([]);
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', () => listening()));
    await stack.eventually(() => Promise.resolve(ofMailed().length === 1 ? undefined : 'no mail has come'));
    await stack.reconcile(mailed);
    expect(ofMailed()).toHaveLength(1);
    const [mail = ''] = ofMailed();
    expect(mail).toContain(`Subject: Reconciliation ${mailed}, default: `);
    expect(mail).toContain('To: finance@example.com');
    expect(mail).toContain(`filename=reconciliation-default-${mailed}.html`);
    expect(mail).toContain(`filename=reconciliation-default-${mailed}.csv`);
  });
});
