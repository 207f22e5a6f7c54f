import { describe, expect, it } from '@jest/globals';
import { disputeStatuses, isClosedDispute, nextReminder, takesEvidence } from './dispute';

const hour = 3_600_000;
const due = 1_000 * hour;
const at = (hoursBefore: number, given = 0) => nextReminder(due, due - hoursBefore * hour, given);

describe('D4 reminders', () => {
  it('come a week, three days, a day and some hours before the evidence is due', () => {
    expect(at(200)).toEqual({ inMs: 32 * hour, given: 1 });
    expect(at(168)).toEqual({ inMs: 0, given: 1 });
    expect(at(168, 1)).toEqual({ inMs: 96 * hour, given: 2 });
    expect(at(24, 2)).toEqual({ inMs: 0, given: 3 });
    expect(at(24, 3)).toEqual({ inMs: 18 * hour, given: 4 });
    expect(at(6, 3)).toEqual({ inMs: 0, given: 4 });
    expect(at(5, 4)).toBeUndefined();
  });

  it('whose time has passed count as one', () => {
    expect(at(20)).toEqual({ inMs: 0, given: 3 });
    expect(at(-1)).toEqual({ inMs: 0, given: 4 });
  });
});

it('D2 withdrawn is not won; both are closed, and take no evidence', () => {
  expect(disputeStatuses.filter(isClosedDispute)).toEqual(['won', 'lost', 'withdrawn', 'inquiry_closed']);
  expect(disputeStatuses.filter(takesEvidence)).toEqual(['inquiry', 'needs_response']);
});
