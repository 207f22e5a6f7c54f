import type { GuardSettings } from '../events/address-guard';
import { post } from './post';
import type { HandOver, Outcome } from './way';

/** A chat that has taken an address back says so by one of these. */
const goneWhen = [404, 410];

/** Writes one line into a chat by an incoming webhook as Slack, Mattermost and others have it: JSON with `text`. */
export const chatWay = (url: string, text: string, guard: GuardSettings, handOver: HandOver): Promise<Outcome> =>
  post(
    url,
    { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text }) },
    guard,
    handOver,
    goneWhen,
  );
