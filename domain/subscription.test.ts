import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { declineClassOf, defaultDunning, mostTriesPerCard, nextTry, type DeclineClass } from './subscription';

describe('S2 dunning', () => {
  it.each([
    ['insufficient_funds', 'soft'],
    ['do_not_honor', 'soft'],
    ['a_code_of_next_year', 'soft'],
    ['processing_error', 'technical'],
    ['stolen_card', 'hard'],
    ['expired_card', 'hard'],
    [null, 'hard'],
    ['authentication_required', 'authentication'],
  ])('%s is %s', (code, expected) => {
    expect(declineClassOf(code)).toBe(expected);
  });

  const at = new Date('2026-03-01T08:00:00Z');
  const after = (declineClass: DeclineClass, cardTries: number, days = 0) =>
    nextTry(defaultDunning, {
      declineClass,
      cardTries,
      firstFailedAt: new Date(at.getTime() - days * 24 * 3_600_000),
      at,
    });

  it('a soft decline is tried again after three days, five and seven, and then no more', () => {
    expect(after('soft', 1)).toEqual({ next: 'card', at: new Date('2026-03-04T08:00:00Z') });
    expect(after('soft', 2)).toEqual({ next: 'card', at: new Date('2026-03-06T08:00:00Z') });
    expect(after('soft', 3)).toEqual({ next: 'card', at: new Date('2026-03-08T08:00:00Z') });
    expect(after('soft', 4)).toEqual({ next: 'give_up' });
  });

  it('a fault is tried again within the hour', () => {
    expect(after('technical', 1)).toEqual({ next: 'card', at: new Date('2026-03-01T09:00:00Z') });
  });

  it('a card that never works is not tried again: the buyer gets a link, until its time is over', () => {
    expect(after('hard', 1)).toEqual({ next: 'buyer' });
    expect(after('authentication', 1)).toEqual({ next: 'buyer' });
    expect(after('hard', 1, 21)).toEqual({ next: 'give_up' });
  });

  it('whatever a plan says, no card is tried more often than networks allow, nor after the end', () => {
    const hours = fc.array(fc.integer({ min: 1, max: 240 }), { maxLength: 40 });
    fc.assert(
      fc.property(hours, hours, fc.integer({ min: 1, max: 60 }), (soft, technical, giveUpDays) => {
        let [tries, now] = [1, at];
        for (;;) {
          const failed = {
            declineClass: tries % 2 === 0 ? ('soft' as const) : ('technical' as const),
            cardTries: tries,
            firstFailedAt: at,
            at: now,
          };
          const next = nextTry({ soft, technical, giveUpDays }, failed);
          if (next.next !== 'card') break;
          expect(next.at.getTime()).toBeGreaterThan(now.getTime());
          now = next.at;
          tries += 1;
        }
        expect(tries).toBeLessThanOrEqual(mostTriesPerCard);
        expect(now.getTime() - at.getTime()).toBeLessThan(giveUpDays * 24 * 3_600_000);
      }),
    );
  });
});
