import { gatherReport, reportCsv, reportHtml } from '../reconciliation-report';
import { noteMailed } from '../prisma/reconciliation';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/**
 * Sends a settlement day's report to people, once per day, where mail is configured. A retry is safe: a mail that has gone is noted
 * after it, so that it goes twice at worst, under one Message-ID.
 */
export async function mailReport(
  { databases, mail }: Dependencies,
  { account, date }: { account: string; date: string },
): Promise<void> {
  if (mail === undefined) return;
  const report = await gatherReport(databases.reconciliation, account, date, new Date());
  if (report === undefined || report.run.mailedAt !== null) return;
  const { run, breaks } = report;
  const open = breaks.filter(({ state }) => state === 'open').length;
  const sending = mail.send({
    id: `reconciliation-${account}-${date}`,
    subject: `Reconciliation ${date}, ${account}: ${run.state === 'balanced' ? 'balanced' : `${String(open)} open`}`,
    html: reportHtml(report, mail.links),
    csv: reportCsv(report),
    name: `reconciliation-${account}-${date}`,
  });
  await sending.catch((error: unknown) => {
    throw failure('ProviderUnavailable', `the mail server: ${error instanceof Error ? error.message : String(error)}`);
  });
  await noteMailed(databases.reconciliation, account, date);
}
