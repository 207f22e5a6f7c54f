import type { ECDH } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** One mail as an SMTP server took it. */
export interface TakenMail {
  readonly to: string;
  readonly source: string;
}

/** How a server treats an address: `451` and `550` at RCPT, `554` after the data; `hang_up` takes the data and says nothing. */
export type Mood = 'take' | '451' | '550' | '554' | 'hang_up';

/** A real SMTP server that does with each address as it is told. */
export class MoodySmtp {
  readonly taken: TakenMail[] = [];
  readonly moods = new Map<string, Mood>();
  private server = this.made();

  /** One that was closed takes nothing any more, wherever it listens. */
  private made(): SMTPServer {
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      // Who is still spoken to when it closes is hung up on.
      closeTimeout: 50,
      onRcptTo: ({ address }, _session, done) => {
        const mood = this.moods.get(address);
        if (mood === '451') done(answer(451, 'come later'));
        else if (mood === '550') done(answer(550, `5.1.1 no such user ${address}`));
        else done();
      },
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.once('end', () => {
          const to = session.envelope.rcptTo[0]?.address ?? '';
          const mood = this.moods.get(to);
          if (mood === '554') {
            done(answer(554, 'not this'));
            return;
          }
          this.taken.push({ to, source: Buffer.concat(parts).toString('utf8') });
          if (mood === 'hang_up') (this.server.connections as Set<{ close(): void }>).forEach((one) => one.close());
          else done(null, 'taken');
        });
      },
    });
    server.on('error', () => undefined);
    return server;
  }

  /** @returns where it is */
  async listen(port = 0): Promise<string> {
    this.server = this.made();
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', () => resolve()));
    return `smtp://127.0.0.1:${String((this.server.server.address() as AddressInfo).port)}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** Everything that came for an address. */
  for(address: string): string[] {
    return this.taken.filter(({ to }) => to === address).map(({ source }) => source);
  }
}

const answer = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** What a web push says, as its browser opens it: RFC 8188 and 8291, by the library of its own. */
export function openPush(body: Buffer, privateKey: ECDH, authSecret: string): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { decrypt } = require('http_ece') as {
    decrypt: (body: Buffer, parameters: Record<string, unknown>) => Buffer;
  };
  return decrypt(body, { version: 'aes128gcm', privateKey, authSecret }).toString();
}

/** One request as a receiver got it. */
export interface TakenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A real HTTP server that keeps what is posted to it, and answers by path. */
export class Receiver {
  readonly taken: TakenRequest[] = [];
  readonly answers = new Map<string, { readonly status: number; readonly body?: unknown }>();
  private readonly server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.once('end', () => {
      const path = request.url ?? '/';
      this.taken.push({ path, headers: request.headers, body: Buffer.concat(parts) });
      const { status, body = {} } = this.answers.get(path) ?? { status: 200 };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', () => resolve()));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  on(path: string): TakenRequest[] {
    return this.taken.filter((request) => request.path === path);
  }
}
