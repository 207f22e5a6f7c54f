import { networkLimits } from '../domain/subscription';
import type { CheckoutRecord } from './checkout';
import type { Rows, SubscriptionRecord } from './subscription';

/** The longest time that counts. */
const longestHours = Math.max(...networkLimits.map(({ hours }) => hours));
/** Further back nothing more is to be learned. */
const mostDeclines = Math.max(...networkLimits.map(({ declines }) => declines));

type Paying = Pick<SubscriptionRecord, 'merchantId' | 'testClockId' | 'paymentMethod'>;

/**
 * Keeps that a card was declined without its buyer there, once per checkout, by the subscription's time. A card that the PSP would not even
 * attach has no name of its own yet, and is not counted: its period's own limit holds.
 */
export async function keepDecline(
  rows: Rows,
  { merchantId, testClockId }: Paying,
  { checkoutId, pspPaymentMethod: paymentMethod }: Pick<CheckoutRecord, 'checkoutId' | 'pspPaymentMethod'>,
  declinedAt: Date,
): Promise<void> {
  if (paymentMethod === null) return;
  await rows.cardDecline.createMany({
    data: [{ merchantId, checkoutId, paymentMethod, testClockId, declinedAt }],
    skipDuplicates: true,
  });
}

/** When a subscription's card was declined of late, for whichever subscription: the newest ones, as far as limits go. */
export async function declinesOfCard(
  rows: Rows,
  { merchantId, testClockId, paymentMethod }: Paying,
  at: Date,
): Promise<readonly Date[]> {
  if (paymentMethod === null) return [];
  const found = await rows.cardDecline.findMany({
    where: {
      merchantId,
      paymentMethod,
      testClockId,
      declinedAt: { gt: new Date(at.getTime() - longestHours * 3_600_000) },
    },
    orderBy: { declinedAt: 'desc' },
    take: mostDeclines,
    select: { declinedAt: true },
  });
  return found.map(({ declinedAt }) => declinedAt);
}
