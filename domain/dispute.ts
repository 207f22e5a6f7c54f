/**
 * How a dispute stands. `inquiry`: the bank asks, and no money has moved; `inquiry_closed`: it asked no more.
 * `withdrawn`: the buyer took it back, which is not the same as won: only the PSP's lines say where the money is (D2).
 */
export const disputeStatuses = [
  'inquiry',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'withdrawn',
  'inquiry_closed',
] as const;
export type DisputeStatus = (typeof disputeStatuses)[number];

/** Nothing more is expected of it, though a bank may still open it again. */
export function isClosedDispute(status: DisputeStatus): boolean {
  switch (status) {
    case 'inquiry':
    case 'needs_response':
    case 'under_review':
      return false;
    case 'won':
    case 'lost':
    case 'withdrawn':
    case 'inquiry_closed':
      return true;
  }
}

/** Whether evidence can still be given. */
export const takesEvidence = (status: DisputeStatus): boolean => status === 'inquiry' || status === 'needs_response';

/** How long before the evidence is due people are reminded, in hours: a week, three days, one day, and the last hours (D4). */
export const reminderHours = [168, 72, 24, 6] as const;

/**
 * When the next reminder is due, in milliseconds from now; nothing when there is none left. Reminders whose time has passed
 * count as one: nobody is told the same thing four times at once.
 *
 * @param given how many were given already
 */
export function nextReminder(
  dueByMs: number,
  nowMs: number,
  given: number,
): { readonly inMs: number; readonly given: number } | undefined {
  for (let index = reminderHours.length - 1; index >= given; index -= 1) {
    const atMs = dueByMs - (reminderHours[index] ?? 0) * 3_600_000;
    if (atMs <= nowMs) return { inMs: 0, given: index + 1 };
  }
  const next = reminderHours[given];
  return next === undefined ? undefined : { inMs: dueByMs - next * 3_600_000 - nowMs, given: given + 1 };
}
