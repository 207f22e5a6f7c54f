import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FailureReason } from './payment-order';
import {
  declineClassOf,
  defaultDunning,
  mayTryCard,
  mostTriesPerCard,
  networkLimits,
  nextTry,
  pageEndOf,
  prorated,
  withAdjustments,
  type DeclineClass,
} from './subscription';

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
    expect(declineClassOf({ reason: 'declined', code })).toBe(expected);
  });

  it.each([
    ['insufficient_funds', 'do_not_try_again', 'hard'],
    ['processing_error', 'confirm_card_data', 'hard'],
    ['insufficient_funds', 'try_again_later', 'soft'],
    ['stolen_card', 'try_again_later', 'hard'],
    ['authentication_required', 'do_not_try_again', 'authentication'],
  ] as const)(
    'the network’s advice counts for more than the bank’s word: %s with %s is %s',
    (code, advice, expected) => {
      expect(declineClassOf({ reason: 'declined', code, advice })).toBe(expected);
    },
  );

  it('no card is declined more than ten times within a day, nor fifteen within thirty, however it is tried', () => {
    const hour = 3_600_000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 * 24 }), { maxLength: 200 }), (hours) => {
        const declined: Date[] = [];
        for (const tried of hours.toSorted((one, other) => one - other))
          if (mayTryCard(declined, new Date(tried * hour))) declined.push(new Date(tried * hour));
        for (const { hours: span, declines } of networkLimits)
          for (const start of declined)
            expect(
              declined.filter((one) => one >= start && one.getTime() < start.getTime() + span * hour).length,
            ).toBeLessThanOrEqual(declines);
      }),
    );
    const at = new Date('2026-03-01T08:00:00Z');
    const ago = (...hoursAgo: number[]): Date[] => hoursAgo.map((one) => new Date(at.getTime() - one * hour));
    expect(mayTryCard(ago(...Array<number>(9).fill(1)), at)).toBe(true);
    expect(mayTryCard(ago(...Array<number>(10).fill(1)), at)).toBe(false);
    expect(mayTryCard(ago(24, ...Array<number>(9).fill(23)), at)).toBe(true);
    expect(mayTryCard(ago(...Array<number>(15).fill(700)), at)).toBe(false);
    expect(mayTryCard(ago(720, ...Array<number>(14).fill(700)), at)).toBe(true);
  });

  it.each([
    ['blocked_by_risk', 'blocked_by_risk', 'hard'],
    ['rejected_by_psp', 'amount_too_small', 'hard'],
    ['canceled', null, 'hard'],
    ['seller_not_accepting', 'seller_not_accepting', 'seller'],
  ] as const)('what no bank has said: %s is %s', (reason, code, expected) => {
    expect(declineClassOf({ reason, code })).toBe(expected);
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
    expect(after('hard', 1)).toEqual({ next: 'buyer', at });
    expect(after('authentication', 1)).toEqual({ next: 'buyer', at });
    expect(after('hard', 1, 21)).toEqual({ next: 'give_up' });
  });

  it('a page that ran out has another one after it; one that was refused not before tomorrow', () => {
    const page = (reason: FailureReason, days = 0) =>
      nextTry(defaultDunning, {
        declineClass: 'hard',
        page: pageEndOf(reason),
        cardTries: 1,
        firstFailedAt: new Date(at.getTime() - days * 24 * 3_600_000),
        at,
      });
    for (const reason of ['expired', 'canceled'] as const) expect(page(reason)).toEqual({ next: 'buyer', at });
    for (const reason of ['blocked_by_risk', 'rejected_by_psp', 'seller_not_accepting', 'declined'] as const)
      expect(page(reason)).toEqual({ next: 'buyer', at: new Date('2026-03-02T08:00:00Z') });
    expect(page('expired', 20)).toEqual({ next: 'buyer', at });
    expect(page('declined', 20)).toEqual({ next: 'give_up' });
  });

  it('a seller who takes no payments is asked again every day, however often, until its time is over', () => {
    const tomorrow = new Date('2026-03-02T08:00:00Z');
    expect(after('seller', 0)).toEqual({ next: 'card', at: tomorrow });
    expect(after('seller', mostTriesPerCard, 19)).toEqual({ next: 'card', at: tomorrow });
    expect(after('seller', 0, 20)).toEqual({ next: 'give_up' });
  });

  it('a plan that would try a card every hour has it tried ten times', () => {
    const hourly = Array<number>(40).fill(1);
    const next = (cardTries: number) =>
      nextTry(
        { soft: hourly, technical: hourly, giveUpDays: 60 },
        { declineClass: 'soft', cardTries, firstFailedAt: at, at },
      ).next;
    expect([mostTriesPerCard, next(9), next(10), next(11)]).toEqual([10, 'card', 'give_up', 'give_up']);
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

describe('changes within a period', () => {
  const period = { startsAt: new Date('2026-03-01T00:00:00Z'), endsAt: new Date('2026-03-11T00:00:00Z') };
  const price = (amount: bigint, platformFee = 0n) => ({ amount, platformFee });

  it('the rest of it is charged by the new price, rounded down', () => {
    const half = new Date('2026-03-06T00:00:00Z');
    expect(prorated(price(1_000n, 100n), price(3_001n, 201n), period, half)).toEqual(price(1_000n, 50n));
    expect(prorated(price(3_001n), price(1_000n), period, half)).toEqual(price(-1_001n));
    expect(prorated(price(1_000n), price(3_000n), period, period.endsAt)).toEqual(price(0n));
    expect(prorated(price(1_000n), price(3_000n), period, period.startsAt)).toEqual(price(2_000n));
  });

  it('there and back again never costs the buyer anything, and changes within it add up to no more than the time', () => {
    const amount = fc.bigInt(1n, 10n ** 12n);
    const moment = fc.integer({ min: 0, max: 10 * 24 * 3_600_000 });
    fc.assert(
      fc.property(amount, amount, moment, (before, after, ms) => {
        const at = new Date(period.startsAt.getTime() + ms);
        const there = prorated(price(before), price(after), period, at).amount;
        const back = prorated(price(after), price(before), period, at).amount;
        expect(there + back).toBeLessThanOrEqual(0n);
        expect(there + back).toBeGreaterThanOrEqual(-1n);
      }),
    );
  });

  it('nothing is charged below zero or that a PSP does not take, no fee is above its amount, and not a unit is lost', () => {
    const sum = fc.bigInt(-(10n ** 9n), 10n ** 9n);
    const adjustment = fc.record({ amount: sum, platformFee: sum });
    const [least, step] = [fc.bigInt(1n, 2_000n), fc.constantFrom(1n, 10n, 100n)];
    const given = fc.tuple(fc.bigInt(1n, 10n ** 9n), fc.array(adjustment, { maxLength: 6 }), least, step);
    fc.assert(
      fc.property(given, ([amount, adjustments, least, step]) => {
        const { due, leftOver } = withAdjustments(price(amount, amount / 10n), adjustments, (wanted) =>
          wanted - (wanted % step) < least ? 0n : wanted - (wanted % step),
        );
        expect(due.amount === 0n || due.amount >= least).toBe(true);
        expect(due.amount % step).toBe(0n);
        expect(due.amount).toBeGreaterThanOrEqual(0n);
        expect(due.platformFee).toBeGreaterThanOrEqual(0n);
        expect(due.platformFee).toBeLessThanOrEqual(due.amount);
        const total = (field: 'amount' | 'platformFee', from: bigint) =>
          adjustments.reduce((all, one) => all + one[field], from);
        expect(due.amount + leftOver.amount).toBe(total('amount', amount));
        expect(due.platformFee + leftOver.platformFee).toBe(total('platformFee', amount / 10n));
        expect(leftOver.amount).toBeLessThan(least + step);
      }),
    );
  });
});
