import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address that webhooks may not be sent to, and why. Says nothing of what is there. */
export class AddressRefused extends Error {}

/** What a guard lets through besides: `loopback` for a receiver on a developer's own machine, over plain HTTP. */
export interface GuardSettings {
  readonly allowLoopback: boolean;
}

/** Whether an address is one of the public internet: no private, loopback, link-local, mapped, reserved or documentation range. */
function mayReach(address: string, { allowLoopback }: GuardSettings): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address in IPv6 clothes is judged as what it is.
  const range = ipaddr.process(address).range();
  return range === 'unicast' || (allowLoopback && range === 'loopback');
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
const isLoopbackName = (hostname: string): boolean => hostname === 'localhost' || hostname.endsWith('.localhost');

/**
 * The URL of a receiver, when it may be one: https, no user name, a name or public address, a usual port. Names are looked up
 * when they are connected to, not here: what they say now they need not say then.
 *
 * @throws AddressRefused that says what would be right
 */
export function checkedUrl(text: string, settings: GuardSettings): URL {
  if (!URL.canParse(text) || text.length > 2_000)
    throw new AddressRefused('must be a URL such as https://shop.example/hooks');
  // The WHATWG parser has turned 0x7f.1 and 2130706433 into 127.0.0.1 by now.
  const url = new URL(text);
  const host = bare(url.hostname);
  const isAddress = isIP(host) !== 0;
  const isPublic = isAddress ? mayReach(host, { allowLoopback: false }) : !isLoopbackName(host);
  const isLocal = !isPublic && settings.allowLoopback && (!isAddress || mayReach(host, settings));
  if (url.protocol !== 'https:' && !(isLocal && url.protocol === 'http:')) throw new AddressRefused('must be https');
  if (url.username !== '' || url.password !== '') throw new AddressRefused('must not hold a user name or password');
  if (url.hash !== '') throw new AddressRefused('must not hold a fragment');
  if (!isPublic && !isLocal) throw new AddressRefused('must be an address of the public internet');
  if (isPublic && !isAddress && !host.includes('.'))
    throw new AddressRefused('must be a full name, such as shop.example');
  const port = Number(url.port === '' ? '443' : url.port);
  if (!isLocal && port !== 443 && port < 1_024) throw new AddressRefused('must have port 443, or one from 1024 on');
  return url;
}

/**
 * A look-up for sockets that refuses a name as soon as one of its addresses is not to be reached, and has the socket connect
 * to the very addresses that were checked: a name that says something else a moment later changes nothing.
 */
export const guardedLookup =
  (settings: GuardSettings): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const refused = addresses.length === 0 || addresses.some(({ address }) => !mayReach(address, settings));
      if (refused) callback(new AddressRefused('must be an address of the public internet'), '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
