import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  accountStanding,
  kycStatusOf,
  nextSellerReminder,
  sellerGates,
  sellerStandings,
  topicsOf,
  type SellerAccount,
} from './seller';

const account: SellerAccount = {
  reference: 'acct_1',
  detailsSubmitted: true,
  payoutsEnabled: true,
  disabledReason: null,
  currentlyDue: [],
  pastDue: [],
  pendingVerification: [],
  dueBy: null,
  bankAccount: 'ba_1',
};

describe('how an account stands', () => {
  it.each([
    [{}, 'verified', 'verified'],
    [{ currentlyDue: ['individual.verification.document'] }, 'action_required', 'verified'],
    [
      { payoutsEnabled: false, detailsSubmitted: false, currentlyDue: ['external_account'] },
      'onboarding',
      'unverified',
    ],
    [{ payoutsEnabled: false, pendingVerification: ['individual.id_number'] }, 'in_review', 'pending'],
    [{ payoutsEnabled: false, pastDue: ['individual.id_number'] }, 'restricted', 'pending'],
    [{ payoutsEnabled: false, disabledReason: 'rejected.fraud' }, 'rejected', 'rejected'],
    // Refused while it is still paid out: refused.
    [{ disabledReason: 'rejected.terms_of_service' }, 'rejected', 'rejected'],
  ] as const)('%j: %s', (differing, standing, kyc) => {
    expect(accountStanding({ ...account, ...differing })).toBe(standing);
    expect(kycStatusOf(standing)).toBe(kyc);
  });

  it('one that the PSP no longer knows is restricted', () => {
    expect(accountStanding(undefined)).toBe('restricted');
  });
});

describe('reminders', () => {
  const day = 24 * 3_600_000;
  const due = 100 * day;
  it.each([
    [due - 10 * day, 0, { inMs: 3 * day, given: 1 }],
    [due - 7 * day, 0, { inMs: 0, given: 1 }],
    [due - 5 * day, 1, { inMs: 4 * day, given: 2 }],
    // Known late: one reminder, not two.
    [due - day / 2, 0, { inMs: 0, given: 2 }],
    [due - day / 2, 2, undefined],
    [due + 1, 1, undefined],
  ])('at %d with %d given', (now, given, expected) => {
    expect(nextSellerReminder(due, now, given)).toEqual(expected);
  });
});

it('what is wanted, as people say it, each topic once', () => {
  expect(
    topicsOf([
      'external_account',
      'individual.dob.day',
      'individual.dob.month',
      'individual.verification.document',
      'individual.address.line1',
      'individual.first_name',
      'company.name',
      'individual.id_number',
      'tos_acceptance.date',
      'individual.email',
      'something.new',
    ]),
  ).toEqual([
    'bank_account',
    'date_of_birth',
    'identity_document',
    'address',
    'name',
    'business',
    'id_number',
    'terms',
    'contact',
    'other',
  ]);
});

it('the table in the docs is the table of the gates', () => {
  const docs = readFileSync(join(__dirname, '..', 'docs', 'sellers.md'), 'utf8');
  const yes = (let_: boolean): string => (let_ ? 'yes' : 'no');
  for (const standing of sellerStandings) {
    const { charges, payouts } = sellerGates[standing];
    expect(docs).toContain(`| \`${standing}\` | ${yes(charges)} | ${yes(payouts)} |`);
  }
});
