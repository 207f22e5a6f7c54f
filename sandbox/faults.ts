import { randomUUID } from 'node:crypto';

/** What can go wrong on demand. `…_after_effect`: the money has moved, only the answer is lost or wrong. */
export const faultKinds = [
  'timeout_before_effect',
  'timeout_after_effect',
  'error_before_effect',
  'error_after_effect',
  'drop_before_effect',
  'drop_after_effect',
  'late_effect',
  'rate_limit',
  'slow',
  'decline',
  'refuse',
  'unauthorized',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A fault that waits for its calls. */
export interface Fault {
  readonly id: string;
  readonly kind: FaultKind;
  /** Only calls of this method and path prefix, and about objects with these metadata. */
  readonly method?: string;
  readonly path?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly delay_ms?: number;
  readonly decline_code?: string;
  /** What the network says of trying again, where it isn't what goes with the code. */
  readonly advice_code?: string;
  /** How many more calls it strikes. */
  times: number;
  hits: number;
}

/** The armed faults, first armed first struck. They live in memory: a restarted sandbox is a healthy one. */
export class Faults {
  private readonly armed: Fault[] = [];

  arm(request: Readonly<Record<string, unknown>>): Fault {
    const kind = faultKinds.find((candidate) => candidate === request['kind']);
    if (kind === undefined) throw new RangeError(`kind must be one of: ${faultKinds.join(', ')}`);
    const times = request['times'] === undefined ? 1 : Number(request['times']);
    if (!Number.isSafeInteger(times) || times < 1) throw new RangeError('times must be a whole number above zero');
    const text = (name: string) => (typeof request[name] === 'string' ? { [name]: request[name] } : {});
    const fault: Fault = {
      id: randomUUID(),
      kind,
      ...text('method'),
      ...text('path'),
      ...text('decline_code'),
      ...text('advice_code'),
      ...(typeof request['metadata'] === 'object' && { metadata: request['metadata'] as Record<string, string> }),
      ...(request['status'] !== undefined && { status: Number(request['status']) }),
      ...(request['delay_ms'] !== undefined && { delay_ms: Number(request['delay_ms']) }),
      times,
      hits: 0,
    };
    this.armed.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    return this.armed;
  }

  clear(): void {
    this.armed.length = 0;
  }

  /** The fault that strikes this call, used up by one. */
  strike(call: { method: string; path: string; metadata: Readonly<Record<string, unknown>> }): Fault | undefined {
    const fault = this.armed.find(
      (candidate) =>
        candidate.times > 0 &&
        (candidate.method ?? 'POST') === call.method &&
        call.path.startsWith(candidate.path ?? '/v1/payment_intents') &&
        Object.entries(candidate.metadata ?? {}).every(([name, value]) => call.metadata[name] === value),
    );
    if (fault === undefined) return undefined;
    fault.times -= 1;
    fault.hits += 1;
    return fault;
  }
}
