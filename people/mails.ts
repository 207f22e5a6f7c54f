import { createTransport } from 'nodemailer';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { escapeHtml } from '../domain/html';
import type { Logger } from '../log';

/** Where the sign-in service's mail goes out. */
export interface PeopleMailSettings {
  readonly smtpUrl: string;
  readonly from: string;
}

interface Reader {
  readonly email: string;
}

/** What people are told about their own way in. */
export interface PeopleMails {
  verify(to: Reader, url: string): Promise<void>;
  reset(to: Reader, url: string): Promise<void>;
  invited(to: Reader, url: string): Promise<void>;
  alreadyRegistered(to: Reader, url: string): Promise<void>;
  /** Tells of something that its reader should know of, in case it was somebody else. */
  changed(to: Reader, what: string): Promise<void>;
}

const patienceMs = 15_000;
/** Of one kind, to one address: nobody's mailbox is filled by asking for links. */
const mostPerHour = 5;

/**
 * Sends each mail once. One that could not be sent is logged, and its reader asks for another: a link is good for an hour, so a mail that
 * comes hours later helps nobody.
 */
export function peopleMails({ smtpUrl, from }: PeopleMailSettings, logger: Logger): PeopleMails {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
  });
  const sent = new RateLimiterMemory({ points: mostPerHour, duration: 3_600 });
  const send = async (to: Reader, subject: string, paragraphs: readonly string[], url?: string): Promise<void> => {
    // Nobody's name is in it: whoever registers another's address would choose what that other reads.
    const lines = ['Hello,', ...paragraphs];
    try {
      await sent.consume(`${to.email}\0${subject}`);
    } catch {
      logger.warn({ subject }, 'one address has had this mail often enough this hour');
      return;
    }
    try {
      await transport.sendMail({
        from: { name: 'Paysaga', address: from },
        to: to.email,
        subject,
        text: [...lines, ...(url === undefined ? [] : [url])].join('\n\n'),
        html: htmlOf(subject, lines, url),
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      logger.error({ err: error, subject }, 'a mail could not be sent');
    }
  };
  return {
    verify: (to, url) =>
      send(
        to,
        'Confirm your address',
        ['Open this page within a day to confirm that this address is yours. If you have not registered, do nothing.'],
        url,
      ),
    reset: (to, url) =>
      send(
        to,
        'Choose a new password',
        ['Open this page within an hour to choose a new password. If you have not asked for it, do nothing.'],
        url,
      ),
    invited: (to, url) =>
      send(to, 'You are invited', ['Open this page within an hour to choose a password, then sign in.'], url),
    alreadyRegistered: (to, url) =>
      send(
        to,
        'You are registered already',
        ['Somebody, perhaps you, wanted to register with this address. You have an account: sign in.'],
        url,
      ),
    changed: (to, what) =>
      send(to, what, [`${what}. If it was not you, choose a new password at once and tell your administrator.`]),
  };
}

const htmlOf = (subject: string, lines: readonly string[], url: string | undefined): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;color:#1d2433;max-width:34rem;margin:2rem auto;padding:0 1rem">
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
${url === undefined ? '' : `<p><a href="${escapeHtml(url)}" style="display:inline-block;padding:.5rem 1.25rem;background:#2451b3;color:#fff;border-radius:.375rem;text-decoration:none">${escapeHtml(subject)}</a></p><p style="color:#59617a">${escapeHtml(url)}</p>`}
</body></html>`;
