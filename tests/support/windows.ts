import type { ReconciliationWindows } from '../../activities';

/** Sides are compared at once: nothing counts as on its way unless a test says so. */
export const atOnce: ReconciliationWindows = {
  settleSeconds: 0,
  windowSeconds: 0,
  orphanSeconds: 900,
  mendingSeconds: 10,
  bankDays: 5,
};
