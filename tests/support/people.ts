import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorTokens } from '../../api/operator-token';
import { freePort } from '../../local/ports';
import { MoodySmtp } from './receivers';
import type { TestStack } from './stack';

const clientSecret = 'what-the-api-says-to-the-sign-in-service';

export const firstOperator = { email: 'first@example.com', password: 'the very first password' } as const;

/** The sign-in service as a process of its own, before a test's stack, with an API that takes its tokens and a server that takes its mail. */
export class PeopleProcess {
  private constructor(
    readonly url: string,
    /** The API that takes its tokens. */
    readonly apiUrl: string,
    readonly mail: MoodySmtp,
    private readonly child: ChildProcess,
  ) {}

  static async start(stack: TestStack, env: NodeJS.ProcessEnv = {}): Promise<PeopleProcess> {
    const mail = new MoodySmtp();
    const [smtpUrl, port] = [await mail.listen(), await freePort()];
    // Not an address: passkeys are bound to a name.
    const url = `http://localhost:${String(port)}`;
    const operators = new OperatorTokens({
      issuer: url,
      audience: 'paysaga',
      rolesClaim: 'roles',
      merchantsClaim: 'paysaga_merchants',
      sellersClaim: 'paysaga_sellers',
      mfaMethods: ['mfa', 'otp', 'hwk', 'swk'],
      mfaClasses: [],
      mfaMaxAgeSeconds: 900,
      client: { id: 'paysaga-api', secret: clientSecret },
    });
    const apiUrl = await stack.anotherApi({}, { operators });
    const child = spawn(process.execPath, ['--import', 'tsx', 'people/server.ts'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        PEOPLE_PORT: String(port),
        PEOPLE_URL: url,
        PEOPLE_DATABASE_URL: stack.urls.people,
        PEOPLE_SECRET: randomBytes(32).toString('base64'),
        PEOPLE_FIRST_OPERATOR: firstOperator.email,
        PEOPLE_FIRST_OPERATOR_PASSWORD: firstOperator.password,
        PEOPLE_TRIES_PER_MINUTE: '10000',
        API_URL: apiUrl,
        OIDC_CLIENT_SECRET: clientSecret,
        SMTP_URL: smtpUrl,
        LOG_LEVEL: 'error',
        ...env,
      },
    });
    for (let tries = 0; ; tries += 1) {
      const isThere = await fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isThere) break;
      if (tries > 300 || child.exitCode !== null) throw new Error('the sign-in service did not start');
      await pause(200);
    }
    return new PeopleProcess(url, apiUrl, mail, child);
  }

  /** The last mail to an address whose subject has some words, once it is there. */
  async mailTo(address: string, words: string): Promise<string> {
    for (let tries = 0; tries < 300; tries += 1) {
      const found = this.mail.for(address).filter((source) => source.includes(`Subject: ${words}`));
      const last = found.at(-1);
      if (last !== undefined) return last;
      await pause(100);
    }
    throw new Error(`no mail "${words}" came to ${address}`);
  }

  /** The link in it. */
  async linkFor(address: string, words: string): Promise<string> {
    const mail = (await this.mailTo(address, words)).replace(/=\r?\n/g, '').replaceAll('=3D', '=');
    const link = /http:\/\/localhost:\d+\/\S+/.exec(mail)?.[0];
    if (link === undefined) throw new Error(`the mail "${words}" to ${address} has no link`);
    return link;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.mail.close();
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  /** What the page says above its content. */
  readonly notice: string;
}

/** A browser without a window: keeps cookies, follows nothing. */
export class Visit {
  readonly cookies = new Map<string, string>();

  constructor(private readonly url: string) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('GET', path, undefined, headers);
  }

  post(
    path: string,
    fields: Record<string, string> | [string, string][] = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.ask('POST', path, new URLSearchParams(fields), headers);
  }

  private async ask(
    method: string,
    path: string,
    body: URLSearchParams | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const answer = await fetch(path.startsWith('http') ? path : `${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: { Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...headers },
      ...(body !== undefined && { body }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '' || /max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await answer.text();
    const notice = /class="notice[^>]*>\s*([^<]*?)\s*</.exec(text)?.[1] ?? '';
    return { status: answer.status, location: answer.headers.get('location'), text, notice };
  }

  /** A token for the API; nothing without a session. */
  async token(): Promise<string | undefined> {
    const { status, text } = await this.get('/token');
    return status === 200 ? (JSON.parse(text) as { token: string }).token : undefined;
  }
}

/** An authenticator program: RFC 6238 with SHA-1, six digits, thirty seconds. Each code is taken once, so it gives none twice. */
export class Authenticator {
  private readonly given = new Set<number>();

  constructor(private readonly secret: string) {}

  async code(): Promise<string> {
    for (;;) {
      const now = Math.floor(Date.now() / 30_000);
      const step = [now, now + 1, now - 1].find((one) => !this.given.has(one));
      if (step !== undefined) {
        this.given.add(step);
        return this.at(step);
      }
      await pause(500);
    }
  }

  at(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac('sha1', fromBase32(this.secret)).update(counter).digest();
    const offset = (digest.at(-1) ?? 0) & 15;
    return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }
}

function fromBase32(text: string): Buffer {
  const bits = text
    .replace(/=+$/, '')
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

/** Sets up an authenticator in a session. */
export async function setAuthenticator(
  visit: Visit,
  password: string,
): Promise<{ authenticator: Authenticator; recoveryCodes: string[] }> {
  const { text, notice } = await visit.post('/account/authenticator', { password });
  const secret = /id="secret">([A-Z2-7]+)</.exec(text)?.[1];
  if (secret === undefined) throw new Error(`no authenticator: ${notice}`);
  const recoveryCodes = [...text.matchAll(/<li>([A-Za-z0-9]{5}-[A-Za-z0-9]{5})<\/li>/g)].map(([, code = '']) => code);
  const authenticator = new Authenticator(secret);
  const { status } = await visit.post('/account/authenticator/confirm', { code: await authenticator.code() });
  if (status !== 303) throw new Error(`the authenticator was not confirmed: ${String(status)}`);
  return { authenticator, recoveryCodes };
}
