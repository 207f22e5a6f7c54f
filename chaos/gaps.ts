import type { FailpointSpecification } from '../failpoint';

/** Between two effects of one step: the PSP's call and what is written down about it, or a posting's two commits. */
const around = (name: string, ...gaps: string[]): string[] => gaps.map((gap) => `${name}.${gap}`);
const call = (name: string): string[] => around(name, 'before_call', 'after_call', 'after_record');
const posting = (name: string): string[] => around(name, 'before_ledger', 'before_wallet', 'after_wallet');

/** Gaps of the API, which everybody waits for while it starts again. */
const requests: readonly string[] = [
  ...around('accept_checkout', 'before_commit', 'after_commit', 'before_reply'),
  ...around('accept_refund', 'after_commit', 'before_reply'),
  ...around('accept_payout', 'after_commit', 'before_reply'),
];
const webhooks: readonly string[] = around(
  'webhook',
  'before_commit',
  'after_commit',
  'before_applied',
  'after_applied',
);

/** Gaps that every payment passes: struck seldom. */
const usual: readonly string[] = [
  ...call('charge'),
  ...around('wallet', 'before_commit', 'after_commit'),
  ...around('ledger', 'before_commit', 'after_commit'),
  ...around('outbox', 'before_keep', 'after_keep'),
];

/** Gaps that few payments pass: struck often. */
const rare: readonly string[] = [
  ...call('authorize'),
  ...call('capture'),
  ...around('void', 'before_call', 'after_call'),
  ...around('refund', 'before_call', 'after_call'),
  ...posting('refund.requested'),
  ...posting('refund.succeeded'),
  ...posting('dispute.line'),
  ...call('transfer'),
  ...call('payout'),
  ...posting('payout.requested'),
  ...posting('payout.transferred'),
  ...posting('payout.paid'),
];

/** Gaps of a night: their key is the day, which each run passes again. */
const nightly: readonly string[] = around(
  'reconciliation',
  'importing',
  'before_matching',
  'after_matching',
  'before_mending',
  'mending',
  'after_mending',
  'planned',
  'posted',
);

type ArmedPoint = FailpointSpecification['points'][number];

/**
 * The gaps of a run in which `kills` processes are to be killed; a few are hit by errors, delays and lost replies instead.
 *
 * @param often how gaps begin, or activities are named, that are to be struck often
 */
export function armedPoints(kills: number, often: readonly string[] = []): ArmedPoint[] {
  const at = (names: readonly string[], share: number, most: number, times = 1): ArmedPoint[] =>
    names.map((name) => ({ name, do: 'kill', share, times, most: Math.max(2, Math.ceil(most)) }));
  const few = Math.max(2, Math.ceil(kills / 40));
  // No more at any: what every payment passes doesn't use up the kills of what few do.
  const each = kills / 50;
  return [
    ...at(
      [...requests, ...usual, ...rare].filter((name) => often.some((wanted) => name.startsWith(wanted))),
      0.2,
      kills,
    ),
    ...at(
      often.filter((name) => /[A-Z*]/.test(name)).map((name) => (name.includes('.') ? name : `${name}.completing`)),
      0.2,
      kills,
    ),
    ...at(requests, 0.02, each),
    ...at(webhooks, 0.006, each),
    ...at(usual, 0.04, each),
    ...at(rare, 0.4, each),
    ...at(nightly, 1, each, 1_000),
    ...at(['*.completing'], 0.03, each),
    { name: '*.after_call', do: 'throw', share: 0.06, most: few },
    { name: '*.after_commit', do: 'delay', share: 0.05, most: few, ms: 2_000 },
    { name: '*.before_reply', do: 'drop', share: 0.06, most: few },
  ];
}

/** The gaps that a long run must have been killed in. */
export const gapsToHit: readonly string[] = [...requests, ...webhooks, ...usual, ...rare, ...nightly];
