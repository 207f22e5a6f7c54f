/** What a storefront's key may be allowed to do. */
export const merchantScopes = [
  'payments:read',
  'payments:write',
  'refunds:write',
  'sellers:read',
  'sellers:write',
  'payouts:read',
  'payouts:write',
  'keys:read',
  'keys:write',
  'events:read',
  'webhooks:read',
  'webhooks:write',
  'notifications:read',
  'notifications:write',
] as const;
/** What an operator's key may be allowed to do; never a storefront's (X4). */
export const opsScopes = [
  'ops:read',
  'ops:write',
  'finance:write',
  'reconciliation:read',
  'reconciliation:write',
  'risk:read',
  'risk:write',
] as const;
/** What the platform's own key may be allowed to do, about every merchant; given by `npm run admin` and by nothing else. */
export const platformScopes = ['merchants:read', 'merchants:write'] as const;
export const scopes = [...merchantScopes, ...opsScopes, ...platformScopes] as const;
/** What a seller and a buyer may do about what is their own. No key has them, and each call that takes one looks whose it is. */
export const sellerScopes = ['seller:read', 'seller:write'] as const;
export const buyerScope = 'buyer:read';
export type OwnScope = (typeof sellerScopes)[number] | typeof buyerScope;
export type Scope = (typeof scopes)[number] | OwnScope;
