import { setTimeout as pause } from 'node:timers/promises';
import type { RunFile } from '../local/stack';
import type { Findings } from './findings';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const answerWithinMs = 30_000;
/** A shop's own patience: after it a request that was never answered counts as lost. */
const givesUpAfterMs = 600_000;

/** A storefront's backend: repeats each request, with the same body, until it is answered for good. */
export class Shop {
  /** How often which answer came that is no answer: `503`, `no answer`. */
  readonly repeats = new Map<string, number>();

  constructor(
    private readonly run: RunFile,
    private readonly findings: Findings,
  ) {}

  /** @param who the storefront itself, or an operator */
  async call(method: string, path: string, body?: unknown, who: 'shop' | 'ops' = 'shop'): Promise<Answer> {
    const key = who === 'shop' ? this.run.apiKey : this.run.opsApiKey;
    const deadline = Date.now() + givesUpAfterMs;
    for (let waitMs = 200; ; waitMs = Math.min(3_000, waitMs * 2)) {
      const answer = await this.once(`${this.run.apiUrl}${path}`, method, body, { Authorization: `Bearer ${key}` });
      const why = whyAgain(answer);
      if (why === undefined && answer !== undefined) return answer;
      if (answer?.body['type'] === 'urn:paysaga:problem:internal-error')
        this.findings.violation(
          'V11',
          `${method} ${path} was answered with an error that nobody expected: ${JSON.stringify(answer.body)}`,
        );
      this.repeats.set(why ?? '', (this.repeats.get(why ?? '') ?? 0) + 1);
      if (Date.now() > deadline) throw new Error(`${method} ${path} was not answered: ${why ?? ''}`);
      await pause(waitMs);
    }
  }

  /** The world outside: the PSP's own switches, and the buyer's browser at it. */
  async outside(path: string, body: Record<string, unknown> = {}): Promise<Answer> {
    const url = `${this.run.pspUrl ?? ''}/_sandbox${path}`;
    for (let tries = 0; ; tries += 1) {
      const answer = await this.once(url, 'POST', body, {});
      if (answer !== undefined && answer.status < 500) return answer;
      if (tries > 100) throw new Error(`the sandbox does not answer: ${path}`);
      await pause(500);
    }
  }

  /** Submits a form of the PSP's pages, as a browser does. */
  async submit(url: string, fields: Record<string, string>): Promise<string | null> {
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          redirect: 'manual',
          body: new URLSearchParams(fields),
          signal: AbortSignal.timeout(answerWithinMs),
        });
        await response.arrayBuffer();
        return response.headers.get('location');
      } catch (error) {
        if (tries > 100) throw error;
        await pause(500);
      }
    }
  }

  /** A call to the PSP that we don't make. Answers whether it went through. */
  async atPsp(path: string, fields: Record<string, string>, secretKey: string, key: string): Promise<boolean> {
    for (let tries = 0; tries < 20; tries += 1) {
      try {
        const response = await fetch(`${this.run.pspUrl ?? ''}${path}`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${secretKey}`, 'Idempotency-Key': key },
          body: new URLSearchParams(fields),
          signal: AbortSignal.timeout(answerWithinMs),
        });
        await response.arrayBuffer();
        if (response.ok) return true;
      } catch {
        // The sandbox is away.
      }
      await pause(500);
    }
    return false;
  }

  private async once(
    url: string,
    method: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Answer | undefined> {
    try {
      const response = await fetch(url, {
        method,
        headers: { ...headers, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerWithinMs),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
    } catch {
      return undefined;
    }
  }
}

/** Why a request is to be sent again; undefined when it has its answer. */
function whyAgain(answer: Answer | undefined): string | undefined {
  if (answer === undefined) return 'no answer';
  if (answer.status >= 500 || answer.status === 429) return String(answer.status);
  return answer.body['type'] === 'urn:paysaga:problem:request-in-progress' ? 'in progress' : undefined;
}
