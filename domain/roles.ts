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

/** As a token names it, so that roles of other programs in the same issuer are none of ours. */
export const claimOfRole = (role: Role): string => `paysaga-${role}`;

export const isRole = (word: string): word is Role => (roles as readonly string[]).includes(word);
