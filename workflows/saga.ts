import { log } from '@temporalio/workflow';

interface Compensation {
  readonly name: string;
  readonly undo: () => Promise<void>;
}

/**
 * A stack of undo steps. Each is registered *before* its step runs, because a step whose answer was lost may have
 * happened; each must do nothing when there is nothing to undo, and must not return before it is undone: waiting for a
 * person is its own business, giving up is not (U6). Callers run it in a non-cancellable scope (T4).
 */
export class Saga {
  private readonly compensations: Compensation[] = [];

  register(name: string, undo: () => Promise<void>): void {
    this.compensations.push({ name, undo });
  }

  /** Undoes everything registered, last first. */
  async compensate(): Promise<void> {
    for (;;) {
      const next = this.compensations.pop();
      if (next === undefined) return;
      log.info('compensating', { step: next.name });
      await next.undo();
    }
  }
}
