/** What runs as a process of its own that people look for, by what it is about. */
export const processKinds = [
  'checkout',
  'payment_order',
  'refund',
  'payout',
  'dispute',
  'adjustment',
  'stray_payment',
  'break',
  'reconciliation',
  'settlement_file',
  'webhook_delivery',
  'notification',
  'scheduled_payout',
  'subscription',
  'plan_migration',
  'seller',
] as const;
export type ProcessKind = (typeof processKinds)[number];

/** What a person can tell a process to do, each with who and why. */
export const opsVerbs = ['retry', 'supply_outcome', 'abandon', 'compensate', 'approve', 'reject', 'resolve'] as const;
export type OpsVerb = (typeof opsVerbs)[number];

/** How a process stands, in plain words, for whoever asks it (the query `standing`). */
export interface Standing {
  readonly kind: ProcessKind;
  readonly id: string;
  readonly phase: string;
  /** What there is to say about the phase; empty when it says all. */
  readonly says: string;
  /** Since when, ISO 8601. */
  readonly since: string;
  /** What a person may tell it now. */
  readonly verbs: readonly OpsVerb[];
}
