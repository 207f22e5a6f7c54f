import { createTransport } from 'nodemailer';
import type { SendMail } from './activities';

/** Where mail goes out, from whom, and to whom. */
export interface MailSettings {
  readonly smtpUrl: string;
  readonly from: string;
  readonly to: readonly string[];
}

const patienceMs = 20_000;

/** Sends through an SMTP server (RFC 5321), the report as the mail itself, and as files. */
export function mailer({ smtpUrl, from, to }: MailSettings): SendMail {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
  });
  return async ({ id, subject, html, csv, name }) => {
    await transport.sendMail({
      messageId: `<${id}@paysaga>`,
      from,
      to: [...to],
      subject,
      html,
      text: `${subject}. The report is in the HTML part, and as files.`,
      attachments: [
        { filename: `${name}.html`, content: html, contentType: 'text/html' },
        { filename: `${name}.csv`, content: csv, contentType: 'text/csv' },
      ],
    });
  };
}
