import { createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { ListedKind } from '../domain/risk';

/**
 * What stands in the risk tables instead of an address, a card or a name: the same for the same one of a merchant, and of no use to who
 * has the database and not the key. Who has an IPv6 address has a whole /64 of them, so those count as one.
 *
 * @returns 32 bytes in hexadecimal
 */
export function fingerprintOf(key: Buffer, merchantId: string, kind: ListedKind, value: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['risk', merchantId, kind, normal(kind, value)]))
    .digest('hex');
}

function normal(kind: ListedKind, value: string): string {
  switch (kind) {
    case 'email':
      return value.trim().toLowerCase();
    case 'ip':
      return network(value);
    case 'buyer':
    case 'card':
    case 'seller':
      return value;
  }
}

function network(value: string): string {
  if (!ipaddr.isValid(value)) return value;
  const address = ipaddr.process(value);
  return address.kind() === 'ipv4'
    ? address.toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toNormalizedString();
}

/** Enough of a listed value to recognise it by, and no more. */
export function shownOf(kind: ListedKind, value: string): string {
  switch (kind) {
    case 'email': {
      const [name = '', domain = ''] = value.trim().toLowerCase().split('@');
      return `${name.slice(0, 1)}…@${domain}`;
    }
    case 'ip':
      return network(value).replace(/([.:])[^.:]+$/, '$1…');
    case 'card':
      return `…${value.slice(-4)}`;
    case 'buyer':
    case 'seller':
      return value;
  }
}
