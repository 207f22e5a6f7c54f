import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { CaughtMail } from './caught-mail';
import { listPage, mailPage } from './pages';

/** A list reads each mail: older ones are on file. */
const mostShown = 200;
const largest = 10 * 1024 * 1024;
const idPattern = /^[0-9]{16}-[0-9]{4}$/;

/**
 * Takes every mail that is sent to it by SMTP, delivers none, and shows them on a page. A mail is on file before it is acknowledged, so
 * that one that was taken is there after a restart too. For development and tests; it asks nobody who they are.
 */
export class MailCatcher {
  private readonly smtp: SMTPServer;
  private readonly http: Server;
  private count = 0;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    this.smtp = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      authOptional: true,
      size: largest,
      onAuth: (_auth, _session, done) => done(null, { user: 'anybody' }),
      onData: (stream, _session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.once('end', () => {
          if (stream.sizeExceeded) done(Object.assign(new Error('too large'), { responseCode: 552 }));
          else done(null, this.keep(Buffer.concat(parts)));
        });
      },
    });
    // Who hangs up in the middle has sent nothing.
    this.smtp.on('error', () => undefined);
    this.http = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
      });
    });
  }

  /** @returns the ports it listens on, those that were asked for unless they were 0 */
  async listen(smtpPort: number, httpPort: number): Promise<{ smtpPort: number; httpPort: number }> {
    await new Promise<void>((resolve) => this.smtp.listen(smtpPort, '127.0.0.1', () => resolve()));
    await new Promise<void>((resolve) => this.http.listen(httpPort, '127.0.0.1', () => resolve()));
    return {
      smtpPort: (this.smtp.server.address() as AddressInfo).port,
      httpPort: (this.http.address() as AddressInfo).port,
    };
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    await Promise.all([
      new Promise<void>((resolve) => this.http.close(() => resolve())),
      new Promise<void>((resolve) => this.smtp.close(() => resolve())),
    ]);
  }

  /** The newest mails, the newest first; to one address where that is said. */
  async mails(to?: string): Promise<CaughtMail[]> {
    const found: CaughtMail[] = [];
    for (const id of this.ids().slice(0, mostShown)) {
      const mail = inShort(id, await this.read(id));
      if (to === undefined || mail.to.includes(to)) found.push(mail);
    }
    return found;
  }

  private ids(): string[] {
    return readdirSync(this.folder)
      .flatMap((name) => (name.endsWith('.eml') ? [name.slice(0, -4)] : []))
      .sort()
      .reverse();
  }

  private keep(mail: Buffer): string {
    this.count += 1;
    const id = `${String(Date.now()).padStart(16, '0')}-${String(this.count % 10_000).padStart(4, '0')}`;
    const part = join(this.folder, `${id}.part`);
    writeFileSync(part, mail);
    renameSync(part, join(this.folder, `${id}.eml`));
    return `kept as ${id}`;
  }

  private read(id: string): Promise<ParsedMail> {
    return simpleParser(readFileSync(join(this.folder, `${id}.eml`)));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://catcher');
    const [, section = '', id = '', part = ''] = url.pathname.split('/');
    const send = (type: string, body: string, policy = ownPages): void =>
      void response
        .writeHead(200, { ...headers, 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy })
        .end(body);
    if (request.method !== 'GET') {
      response.writeHead(405).end();
    } else if (section === '') {
      send('text/html', listPage(await this.mails()));
    } else if (section === 'messages' && id === '') {
      send('application/json', JSON.stringify(await this.mails(url.searchParams.get('to') ?? undefined)));
    } else if (section === 'messages' && idPattern.test(id) && this.ids().includes(id)) {
      const mail = await this.read(id);
      const html = typeof mail.html === 'string' ? mail.html : '';
      if (part === '') send('text/html', mailPage(inShort(id, mail), mail.text ?? '', html !== ''));
      // A mail runs nothing and loads nothing.
      else if (part === 'html')
        send('text/html', html, "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups");
      else if (part === 'text') send('text/plain', mail.text ?? '');
      else if (part === 'source') send('text/plain', readFileSync(join(this.folder, `${id}.eml`), 'utf8'));
      else response.writeHead(404).end();
    } else {
      response.writeHead(404).end();
    }
  }
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
const ownPages = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'";

const addressesOf = (field: ParsedMail['to']): string[] =>
  (field === undefined ? [] : Array.isArray(field) ? field : [field]).flatMap(({ value }) =>
    value.flatMap(({ address }) => (address === undefined ? [] : [address])),
  );

const inShort = (id: string, mail: ParsedMail): CaughtMail => ({
  id,
  messageId: mail.messageId ?? '',
  from: mail.from?.text ?? '',
  to: addressesOf(mail.to),
  subject: mail.subject ?? '',
  at: new Date(Number(id.slice(0, 16))).toISOString(),
});
