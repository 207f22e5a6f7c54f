import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Activities } from './activities';
import { failure } from './activities/failure';

/** What decides whether a workflow's own call to the PSP may be made now. */
export interface FirstTrySettings {
  /** So many at once: each holds up a step of a workflow, and there must be others left while a PSP is slow. */
  readonly abreast: number;
  /** For so long one more waits for its place. Where that was not enough nobody waits for a while: then it is the PSP that is slow. */
  readonly patienceMs: number;
  /** Whether the PSP takes calls: while its breaker is open there is nothing to be tried. */
  readonly isReachable: () => boolean;
  /** Takes one of the calls that all workers together may make in this second. */
  readonly take: () => Promise<boolean>;
}

/** Calls to the PSP that workflows try themselves before they ask for them through the queue. */
const tried: ReadonlySet<string> = new Set([
  'prepareBuyer',
  'adoptPayment',
  'chargePaymentOrder',
  'authorizePaymentOrder',
  'capturePaymentOrder',
] satisfies (keyof Activities)[]);

/**
 * Bounds the calls to the PSP that are local activities: the limit of its queue does not hold for those. One that is refused has not
 * begun, and its workflow asks for it through the queue (decision 40).
 */
export function firstTries(settings: FirstTrySettings): ActivityInterceptorsFactory {
  const room = new Room(settings.abreast, settings.patienceMs);
  const allowed = async <Input, Output>(input: Input, next: (input: Input) => Promise<Output>): Promise<Output> => {
    if (!settings.isReachable() || !(await room.enter()))
      throw failure('ProviderUnavailable', 'no room for it now: it waits for its turn on the queue', 0);
    try {
      if (!(await settings.take())) throw failure('ProviderRateLimited', 'the PSP has had its calls of this second', 0);
      return await next(input);
    } finally {
      room.leave();
    }
  };
  return ({ info: { isLocal, activityType } }) => ({
    inbound: isLocal && tried.has(activityType) ? { execute: allowed } : {},
  });
}

const crowdedMs = 10_000;

class Room {
  private inside = 0;
  private crowdedUntil = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly places: number,
    private readonly patienceMs: number,
  ) {}

  /** Answers whether there was a place in time. */
  async enter(): Promise<boolean> {
    if (this.inside < this.places) {
      this.inside += 1;
      return true;
    }
    if (Date.now() < this.crowdedUntil) return false;
    return new Promise((resolve) => {
      const comeIn = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(comeIn);
        this.crowdedUntil = Date.now() + crowdedMs;
        resolve(false);
      }, this.patienceMs);
      this.waiting.add(comeIn);
    });
  }

  /** Whoever waits longest takes the place over. */
  leave(): void {
    const [next] = this.waiting;
    if (next === undefined) this.inside -= 1;
    else {
      this.waiting.delete(next);
      next();
    }
  }
}
