import { identifierPattern } from './identifiers';

/** What a person may be among those who run payments. */
export const roles = ['admin', 'ops', 'finance', 'risk', 'support'] as const;
export type Role = (typeof roles)[number];

/** What each is there for, in words. */
export const rolePurposes: Readonly<Record<Role, string>> = {
  admin: 'people, API keys, webhook endpoints and contacts; moves no money',
  ops: 'processes that need somebody, repairs, approvals',
  finance: 'payouts, corrections of the book, reconciliation',
  risk: 'rules, lists and reviews before money moves',
  support: 'looks things up and changes nothing',
};

/** What a person may be beside them, about what is their own: no administrator of payments, and none of the merchant's people. */
export const ownRoles = ['seller', 'buyer'] as const;
export type OwnRole = (typeof ownRoles)[number];

/** What each of those is there for, and who it is. */
export const ownRolePurposes: Readonly<Record<OwnRole, string>> = {
  seller: 'the sellers that an administrator has said they are: balance, statement, payouts, payout account',
  buyer: 'everybody with a confirmed e-mail address: what was paid under it, and receipts',
};

/** A seller of a merchant, as a token and a person's record name it. */
export interface SellerSeat {
  readonly merchantId: string;
  readonly sellerId: string;
}

/** Reads `merchant/seller`; nothing when it is none. */
export function sellerSeat(text: string): SellerSeat | undefined {
  const [merchantId = '', sellerId = '', ...more] = text.split('/');
  return more.length === 0 && identifierPattern.test(merchantId) && identifierPattern.test(sellerId)
    ? { merchantId, sellerId }
    : undefined;
}

/** As a token names it, so that roles of other programs in the same issuer are none of ours. */
export const claimOfRole = (role: Role | 'seller'): string => `paysaga-${role}`;

export const isRole = (word: string): word is Role => (roles as readonly string[]).includes(word);
