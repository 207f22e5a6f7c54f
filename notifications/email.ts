import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Message } from './render';
import { brief, longestTryMs, type HandOver, type Outcome } from './way';

/** Where mail goes out. */
export interface EmailSettings {
  readonly smtpUrl: string;
  readonly from: string;
}

/** One mail. */
export interface Mail extends Message {
  readonly id: string;
  /** In whose name, shown beside the address. */
  readonly fromName: string;
  readonly to: string;
}

export type SendEmail = (mail: Mail, handOver: HandOver) => Promise<Outcome>;

const patienceMs = 15_000;

/**
 * Sends one mail by SMTP. The server has no message before the line with the one dot (RFC 5321, 4.1.1.4): that line is held back until
 * it is written down that it goes out, so that a process that dies before has sent nothing, and one that dies after is known to have.
 */
export function emailWay({ smtpUrl, from }: EmailSettings): SendEmail {
  return async (mail, handOver) => {
    const message = await composed(mail, from);
    const transport = createTransport({
      url: smtpUrl,
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
    });
    let isHandedOver = false;
    const raw = heldBack(message, async () => {
      await handOver();
      isHandedOver = true;
    });
    const tooLate = setTimeout(() => {
      raw.destroy(new Error('it took too long'));
      transport.close();
    }, longestTryMs);
    try {
      const { response } = await transport.sendMail({ envelope: { from, to: [mail.to] }, raw });
      return { state: 'delivered', detail: brief(response) };
    } catch (error) {
      return outcomeOf(error, isHandedOver);
    } finally {
      clearTimeout(tooLate);
      transport.close();
    }
  };
}

function composed({ id, fromName, to, subject, text, html, unsubscribeUrl }: Mail, from: string): Promise<Buffer> {
  return new MailComposer({
    messageId: `<${id}@paysaga>`,
    from: { name: fromName, address: from },
    to,
    subject,
    text,
    html,
    headers: {
      // Nobody's holiday answers it (RFC 3834, 5).
      'Auto-Submitted': 'auto-generated',
      ...(unsubscribeUrl !== null && {
        'List-Unsubscribe': `<${unsubscribeUrl}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
  })
    .compile()
    .build();
}

/** A stream whose end comes only after `beforeEnd` is done. */
function heldBack(content: Buffer, beforeEnd: () => Promise<void>): Readable {
  async function* parts(): AsyncGenerator<Buffer> {
    yield content;
    await beforeEnd();
  }
  return Readable.from(parts(), { objectMode: false });
}

interface SmtpError {
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly code?: string;
  readonly message?: string;
}

/** By the server's answer where there is one: 5yz is for good, 4yz for now (RFC 5321, 4.2.1). */
function outcomeOf(error: unknown, isHandedOver: boolean): Outcome {
  const { responseCode, response, command = '', code = '', message = '' } = error as SmtpError;
  const detail = brief(response ?? `${code} ${message}`);
  if (responseCode === undefined) return { state: isHandedOver ? 'unknown' : 'deferred', detail };
  if (responseCode < 500) return { state: 'deferred', detail };
  // What is wrong with us, and not with the address or the message, may be mended.
  if (/^(AUTH|EHLO|HELO|STARTTLS|CONN)/.test(command) || /^E(AUTH|TLS)/.test(code))
    return { state: 'deferred', detail };
  return { state: 'refused', detail, bounced: command === 'RCPT TO' };
}
