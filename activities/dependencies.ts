import type { Databases } from '../prisma/database';
import type { EventWorld } from '../psp-events';
import type { ProviderOfMerchant } from '../providers/provider';

/** How a stored checkout's workflow is doing, asked of Temporal itself and never of its (lagging) visibility store. */
export type RunState = 'running' | 'completed' | 'gone';

/** What activities need of Temporal. */
export interface Orchestrator {
  stateOf(workflowId: string): Promise<RunState>;
  /** Starts the checkout's workflow unless one runs. Safe to repeat. */
  startCheckout(merchantId: string, checkoutId: string): Promise<void>;
  /** Answers false when no such workflow runs. */
  signal(workflowId: string, name: 'cancel' | 'capture' | 'review', by?: unknown): Promise<boolean>;
  /** Starts the return of a stray payment unless one runs. Safe to repeat. */
  startStrayPayment: EventWorld['startStrayPayment'];
}

/** A named gap where a fault test may kill the process; an empty call otherwise. `key` says whose turn it is. */
export type Failpoint = (name: string, key: string) => Promise<void>;

/** Everything the activities reach the world through. Made in worker.ts. */
export interface Dependencies {
  readonly databases: Databases;
  readonly providerOf: ProviderOfMerchant;
  readonly orchestrator: Orchestrator;
  readonly failpoint: Failpoint;
  /** How long a buyer has in all to pay on the PSP's page, in seconds. */
  readonly buyerSeconds: number;
}
