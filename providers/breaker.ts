import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  handleWhen,
  SamplingBreaker,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { circuitOpen, ProviderError, type BreakerState, type PaymentProvider } from './provider';

/** How long calls are held back before one is let through to see. */
const heldBackMs = 10_000;
/** Opens when half of at least ten calls within ten seconds fail. */
const sampling = { threshold: 0.5, duration: 10_000, minimumRps: 1 };

const states: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
};

/** Signs of a PSP in trouble. A decline, a refusal and a 429 are answers; a key in use is our own doing. */
const isOutage = (error: unknown): boolean =>
  error instanceof ProviderError &&
  (error.problem === 'unavailable' || error.problem === 'outcome_unknown') &&
  error.code !== 'idempotency_key_in_use';

/**
 * The circuit breaker of one PSP, shared by all its accounts. While it is open no call leaves: the caller learns that
 * nothing was sent, and when to come again, so that activities are tried later and nothing fails.
 */
export class Breaker {
  private readonly policy: CircuitBreakerPolicy;
  private changedAt = new Date();

  constructor(
    onChange: (state: BreakerState) => void = () => undefined,
    private readonly settings = { heldBackMs, sampling },
  ) {
    this.policy = circuitBreaker(handleWhen(isOutage), {
      halfOpenAfter: settings.heldBackMs,
      breaker: new SamplingBreaker(settings.sampling),
    });
    this.policy.onStateChange((state) => {
      this.changedAt = new Date();
      onChange(states[state]);
    });
  }

  get state(): BreakerState {
    return states[this.policy.state];
  }

  get since(): Date {
    return this.changedAt;
  }

  /** @throws ProviderError `unavailable` with the time to wait, while the breaker is open */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await this.policy.execute(call);
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      const waitMs = Math.max(500, this.changedAt.getTime() + this.settings.heldBackMs - Date.now());
      throw new ProviderError('unavailable', 'the PSP is failing: calls are held back', circuitOpen, waitMs);
    }
  }

  /** The provider with every call through this breaker. */
  guard(provider: PaymentProvider): PaymentProvider {
    return this.guarded(provider);
  }

  private guarded<Target extends object>(provider: Target): Target {
    return new Proxy(provider, {
      get: (target, name, receiver) => {
        const member: unknown = Reflect.get(target, name, receiver);
        if (name === 'payouts' || name === 'sellers' || name === 'disputes') return this.guarded(member as object);
        if (typeof member !== 'function' || name === 'checkAmount') return member;
        const method = member as (...input: unknown[]) => Promise<unknown>;
        return (...input: unknown[]) => this.run(() => method.apply(target, input));
      },
    });
  }
}
