import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A Stripe object as the API shows it. */
export type StripeObject = Record<string, unknown> & { id: string; object: string };

/** An object with what Stripe knows of it and doesn't show. */
export interface StoredObject {
  readonly account: string;
  readonly value: StripeObject;
  /** How a test payment method behaves, whether a card was used up, and the like. */
  readonly hidden?: Readonly<Record<string, unknown>>;
}

/** The stored answer of an idempotency key. */
export interface StoredAnswer {
  readonly account: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: unknown;
  readonly at: number;
}

/** One line of the journal: a call that wanted to change something, and what it did. */
export interface JournalCall {
  readonly at: string;
  readonly account: string;
  readonly method: string;
  readonly path: string;
  readonly idempotency_key: string | null;
  readonly payment_order_id: string | null;
  readonly refund_id: string | null;
  readonly payout_id: string | null;
  readonly operation: string | null;
  /** `executed` had its effect now, `replayed` had it earlier, `refused` had none. */
  readonly result: 'executed' | 'replayed' | 'refused';
  readonly status: number;
  readonly object: string | null;
  readonly fault: string | null;
}

/** What one request changed, written as one line so that a kill can't tear it apart. */
export interface LogRecord {
  readonly objects?: readonly StoredObject[];
  readonly answer?: StoredAnswer;
  readonly call?: JournalCall;
  /** Events that need no more sending. */
  readonly settled?: readonly string[];
}

/** So many events are kept in memory and shown; Stripe shows those of 30 days. */
const mostEvents = 20_000;

/**
 * The sandbox's memory: everything in RAM, every change appended to one file before the answer goes out. The operating
 * system keeps what was written, so kill -9 loses nothing; a last line cut short by it is dropped at the next start.
 */
export class Store {
  private readonly objects = new Map<string, StoredObject>();
  private readonly byKind = new Map<string, StoredObject[]>();
  private readonly answers = new Map<string, StoredAnswer>();
  private readonly calls: JournalCall[] = [];
  private readonly unsent = new Set<string>();
  private readonly file: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    const earlier = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = earlier.lastIndexOf('\n') + 1;
    this.file = openSync(path, 'a+');
    if (whole < earlier.length) ftruncateSync(this.file, Buffer.byteLength(earlier.slice(0, whole)));
    for (const line of earlier.slice(0, whole).split('\n'))
      if (line !== '') this.remember(JSON.parse(line) as LogRecord);
  }

  /** Keeps what a request changed. */
  write(record: LogRecord): void {
    writeSync(this.file, `${JSON.stringify(record)}\n`);
    this.remember(record);
  }

  find(account: string, id: string): StoredObject | undefined {
    const found = this.objects.get(id);
    return found?.account === account ? found : undefined;
  }

  /** A connected account by its id, whosever it is. */
  owned(id: string): StripeObject | undefined {
    const found = this.objects.get(id)?.value;
    return found?.object === 'account' ? found : undefined;
  }

  /** The platform that an account belongs to: itself, unless it is a connected one. */
  platformOf(account: string): string {
    return this.objects.get(account)?.account ?? account;
  }

  /** Events that were made and not yet delivered, oldest first: a restarted sandbox sends them. */
  unsentEvents(): StoredObject[] {
    return [...this.unsent].flatMap((id) => this.objects.get(id) ?? []);
  }

  /** All objects of a kind in an account, newest first, as Stripe lists them. */
  list(account: string, kind: string): StoredObject[] {
    return (this.byKind.get(`${account} ${kind}`) ?? [])
      .map((stored) => this.objects.get(stored.value.id) ?? stored)
      .reverse();
  }

  answer(account: string, key: string): StoredAnswer | undefined {
    return this.answers.get(`${account} ${key}`);
  }

  /** Every account that holds anything. */
  accounts(): string[] {
    return [...new Set([...this.byKind.keys()].map((key) => key.split(' ')[0] ?? ''))];
  }

  journal(): readonly JournalCall[] {
    return this.calls;
  }

  /** Forgets answers older than Stripe promises to keep them (24 hours); tests move `now`. */
  pruneAnswers(olderThanMs: number): void {
    for (const [key, answer] of this.answers) if (answer.at < olderThanMs) this.answers.delete(key);
  }

  close(): void {
    closeSync(this.file);
  }

  private remember(record: LogRecord): void {
    for (const stored of record.objects ?? []) {
      if (!this.objects.has(stored.value.id)) {
        const kind = `${stored.account} ${stored.value.object}`;
        const list = this.byKind.get(kind);
        if (list === undefined) this.byKind.set(kind, [stored]);
        else list.push(stored);
        if (stored.value.object === 'event') {
          this.unsent.add(stored.value.id);
          if (list !== undefined && list.length > mostEvents) this.objects.delete(list.shift()?.value.id ?? '');
        }
      }
      this.objects.set(stored.value.id, stored);
    }
    if (record.answer !== undefined) this.answers.set(`${record.answer.account} ${record.answer.key}`, record.answer);
    if (record.call !== undefined) this.calls.push(record.call);
    for (const id of record.settled ?? []) this.unsent.delete(id);
  }
}
