/** Every wait of the workflows in one place. Durations in milliseconds. */
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The waits before each round of look-up and same-key repeat while an outcome is unknown; then a person is asked. */
export const unknownLadderMs = [2 * second, 5 * second, 15 * second, minute, 3 * minute, 10 * minute] as const;

/** While a person is awaited, the PSP is still asked this often. */
export const parkedLookUpMs = hour;
/** While a booking or compensation is parked it is still tried this often: it must happen in the end. */
export const parkedRetryMs = minute;

/** Growing pauses between questions about a payment that the buyer or the bank is still at. */
export const pendingPollMs = [5 * second, 15 * second, 30 * second, minute, 5 * minute, 10 * minute] as const;
/** How long a buyer may take over a 3-D Secure challenge. */
export const buyerActionLimitMs = 30 * minute;
/** How long a delayed method (bank debit, voucher) may take. */
export const processingLimitMs = 14 * day;
/** Card networks hold an online authorization for seven days (docs.stripe.com/payments/place-a-hold-on-a-payment-method): release it before. */
export const authorizationLimitMs = 6.5 * day;

/** Growing pauses between questions about the PSP's page while the buyer is on it; a webhook shortens each. */
export const pagePollMs = [15 * second, 30 * second, minute, 5 * minute, 15 * minute] as const;
/** Growing pauses before a call is made again that never reached the PSP. */
export const holdBackMs = [5 * second, 10 * second, 15 * second, 30 * second, minute] as const;
/** While the PSP refuses our key: between tries, besides those that a person asks for. */
export const wrongKeyMs = [10 * second, 30 * second, minute, 5 * minute] as const;
/** Growing pauses between looks at a try that a person is to decide about. */
export const reviewPollMs = [minute, 5 * minute, 15 * minute, hour] as const;
/** Growing pauses between tries to give a stray payment back. */
export const strayRetryMs = [5 * second, 30 * second, minute, 5 * minute, 15 * minute] as const;

/** Growing pauses between questions about a refund that the PSP has not finished: a bank takes days. */
export const refundPollMs = [5 * second, 30 * second, 5 * minute, hour, 6 * hour] as const;
/** Growing pauses between questions about a payout on its way to a bank. */
export const payoutPollMs = [5 * second, 30 * second, 5 * minute, hour, 6 * hour] as const;
/** How long a payout waits for the persons who must approve it; then the seller has the money back. */
export const approvalLimitMs = 7 * day;
/** Growing pauses between questions about a dispute: banks take weeks. */
export const disputePollMs = [minute, 15 * minute, hour, 6 * hour] as const;
/** A seller's account is read this often without news. */
export const sellerPollMs = day;
/** Growing pauses between looks at an order that a refund waits for. */
export const voidPollMs = [second, 2 * second, 5 * second, 15 * second, minute, 5 * minute] as const;

/** How often a checkout rereads the row of an order whose run it can't follow. */
export const rereadMs = [2 * second, 5 * second, 10 * second, 30 * second, minute, 5 * minute, 15 * minute] as const;

/** The wait of a round: the last one repeats. */
export const waitOf = (waits: readonly number[], round: number): number =>
  waits[Math.min(round, waits.length - 1)] ?? minute;
