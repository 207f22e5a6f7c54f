import type { Failpoint } from '../failpoint';
import type { GuardSettings } from '../events/address-guard';
import type { MoneyPolicies } from '../domain/policies';
import type { NotificationSettings } from '../notifications/settings';
import type { Databases } from '../prisma/database';
import type { PayoutScheduleRecord } from '../prisma/payout';
import type { EventWorld } from '../psp-events';
import type { ReportLinks } from '../reconciliation-report';
import type { ProviderOfMerchant } from '../providers/provider';
import type { RateSource } from '../providers/rates/rate-source';

/** How a stored checkout's workflow is doing, asked of Temporal itself and never of its (lagging) visibility store. */
export type RunState = 'running' | 'completed' | 'gone';

/** One step of a run: when it was asked for, when it was done, how often it was tried. */
export interface RunStep {
  readonly name: string;
  readonly at: string;
  readonly done_at: string | null;
  readonly attempts: number;
  readonly outcome: string;
}

/** What a run of a workflow has done, in short. */
export interface RunRecord {
  readonly workflow_id: string;
  readonly run_id: string;
  readonly type: string;
  readonly status: string;
  readonly started_at: string;
  readonly closed_at: string | null;
  readonly steps: readonly RunStep[];
}

/** What activities need of Temporal. */
export interface Orchestrator {
  stateOf(workflowId: string): Promise<RunState>;
  /** The last run of a workflow in short; nothing when Temporal doesn't keep it any more. */
  recordOf(workflowId: string): Promise<RunRecord | undefined>;
  /** Starts the checkout's workflow unless one runs. Safe to repeat. */
  startCheckout(merchantId: string, checkoutId: string): Promise<void>;
  /** Answers false when no such workflow runs. */
  signal(workflowId: string, name: 'cancel' | 'capture' | 'review', by?: unknown): Promise<boolean>;
  /** Starts the return of a stray payment unless one runs. Safe to repeat. */
  startStrayPayment: EventWorld['startStrayPayment'];
  /** A merchant's checkouts with a run that was started before a time, by its workflow id. */
  runningCheckouts(merchantId: string, startedBefore: Date, limit: number): Promise<Map<string, string>>;
  /** Starts a process that moves money back or out, or wakes the one that runs. Safe to repeat. */
  startProcess: EventWorld['startProcess'];
  /** Makes a seller's payout schedule, or brings it up to date. Safe to repeat. */
  putPayoutSchedule(schedule: PayoutScheduleRecord): Promise<void>;
}

/** How long things may take before they count, in seconds. */
export interface ReconciliationWindows {
  /** For so long a movement of ours may be on our side only: ours is booked in seconds … */
  readonly settleSeconds: number;
  /** … and the PSP's line may come some days later. */
  readonly windowSeconds: number;
  /** For so long a checkout may be without a workflow, or a workflow without a checkout. */
  readonly orphanSeconds: number;
  /** How long a night waits for what it has told processes to do. */
  readonly mendingSeconds: number;
  /** How many days a payout may take to the bank. */
  readonly bankDays: number;
}

/** Sends one mail. The id makes a repeat recognisable to who reads it. */
export type SendMail = (mail: {
  readonly id: string;
  readonly subject: string;
  readonly html: string;
  readonly csv: string;
  readonly name: string;
}) => Promise<void>;

/** Everything the activities reach the world through. Made in worker.ts. */
export interface Dependencies {
  readonly databases: Databases;
  readonly providerOf: ProviderOfMerchant;
  readonly orchestrator: Orchestrator;
  /** For how long a movement may be on one side only; the usual ones when left out. */
  readonly reconciliationWindows?: ReconciliationWindows;
  /** How a run's report goes to people; left out, nobody is written to. */
  readonly mail?: { readonly send: SendMail; readonly links: ReportLinks };
  /** Where exchange rates come from; left out, there are none. */
  readonly rates?: RateSource;
  readonly failpoint: Failpoint;
  /** A merchant's policies as they are now. */
  readonly policiesOf: (merchantId: string) => Promise<MoneyPolicies>;
  /** How long a buyer has in all to pay on the PSP's page, in seconds. */
  readonly buyerSeconds: number;
  /** What addresses and cards are hashed with before they are kept for judging. */
  readonly riskKey: Buffer;
  /** By which ways people are written to; left out, by none that has to be configured. */
  readonly notifications?: NotificationSettings;
  /** What events are sent to merchants with. */
  readonly webhooks: GuardSettings & { readonly secretsKey: Buffer };
}

/** What is needed to act on news of the PSP's, wherever they were heard. */
export function eventWorld({ databases, orchestrator }: Dependencies): EventWorld {
  return {
    payments: databases.payments,
    payouts: databases.payouts,
    identity: databases.identity,
    tell: (workflowId) => orchestrator.signal(workflowId, 'review'),
    startStrayPayment: orchestrator.startStrayPayment,
    startProcess: orchestrator.startProcess,
  };
}
