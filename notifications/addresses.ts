import { createHmac, timingSafeEqual } from 'node:crypto';
import { notificationKinds, type Channel, type NotificationKind } from '../domain/notification';

/**
 * What stands for an address where a merchant's opted-out and dead ones are kept: the same for the same one of a merchant, and of no
 * use to who has the database and not the key.
 *
 * @returns 32 bytes in hexadecimal
 */
export function addressHash(key: Buffer, merchantId: string, channel: Channel, address: string): string {
  const normal = channel === 'email' ? address.trim().toLowerCase() : address;
  return createHmac('sha256', key)
    .update(JSON.stringify(['notification', merchantId, channel, normal]))
    .digest('hex');
}

/** Enough of an address to recognise it by, and no more. */
export function shownAddress(channel: Channel, address: string): string {
  switch (channel) {
    case 'email': {
      const [name = '', domain = ''] = address.trim().toLowerCase().split('@');
      return `${name.slice(0, 1)}…@${domain}`;
    }
    case 'sms':
      return `…${address.slice(-3)}`;
    case 'chat':
    case 'push':
      return URL.canParse(address) ? new URL(address).host : channel;
  }
}

/** What somebody may do without, as the link in a message says it. */
export interface Unsubscription {
  readonly merchantId: string;
  readonly addressHash: string;
  readonly kind: NotificationKind;
}

const signatureOf = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(`unsubscribe.${text}`).digest('base64url');

/** A token that only who got the message has; it says nothing of who that is. Works for as long as the key does (RFC 8058, 3.1). */
export function unsubscribeToken(key: Buffer, { merchantId, addressHash, kind }: Unsubscription): string {
  const text = Buffer.from(JSON.stringify([merchantId, addressHash, kind])).toString('base64url');
  return `${text}.${signatureOf(key, text)}`;
}

/** What a token says; nothing when it is not one of ours. */
export function readUnsubscribeToken(key: Buffer, token: string): Unsubscription | undefined {
  const [text = '', signature = '', ...more] = token.split('.');
  // As text: other text may stand for the same bytes.
  const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(key, text))];
  if (more.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const [merchantId, hash, kind] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as string[];
  const known = notificationKinds.find((one) => one === kind);
  return merchantId === undefined || hash === undefined || known === undefined
    ? undefined
    : { merchantId, addressHash: hash, kind: known };
}
