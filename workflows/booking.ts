import type { BookedCapture, BookInput } from '../activities';
import type { PostingKind } from '../domain/ledger';
import { exchangedMoney, exchangeFrom, partOfExchange } from '../domain/exchange';
import { fromMinorUnits, toMinorUnits } from '../domain/money';
import { partsOfCapture } from '../domain/refund';
import { failureOf, local, localOr, storage } from './activities';
import type { PaymentOrderInput } from './messages';

/**
 * Writes a payment order's postings to wallet and ledger. Money that has moved must be booked, so nothing here gives up:
 * a posting that can't be made is handed to `park`, and tried again when that returns.
 */
export class Booking {
  /** What was really captured, in minor units, where that is known to be other than the whole order. */
  capturedMinor: string | undefined;

  constructor(
    private readonly order: PaymentOrderInput,
    private readonly park: (why: string) => Promise<unknown>,
  ) {}

  /**
   * Books a capture. One that `completes` an order which is all of its checkout ends that, too.
   *
   * @returns what the checkout came to, where it was ended
   */
  async bookCapture(completes: boolean): Promise<BookedCapture> {
    const { booksInOne, alone, checkoutId, round = 1 } = this.order;
    if (booksInOne !== true) {
      await this.book('capture', completes);
      return {};
    }
    const input = this.input('capture', completes);
    const ends = alone === true && completes && { ends: { checkoutId, round } };
    return localOr(
      () => local.bookCapture({ ...input, ...ends }),
      async () => {
        // Each by itself, so that one of them that can't be made holds up only itself, and ops see which.
        await this.untilDone(() => storage.creditWallet(input));
        await this.untilDone(() => storage.appendLedger(input));
        return {};
      },
    );
  }

  /** Wallet and ledger in flight together; both are safe to repeat, so either may fail alone. */
  async book(kind: BookInput['kind'], completes: boolean): Promise<void> {
    const input = this.input(kind, completes);
    const wallet = kind === 'capture' ? 'creditWallet' : 'debitWallet';
    const results = await Promise.allSettled([local[wallet](input), local.appendLedger(input)]);
    if (results[0].status === 'rejected') await this.untilDone(() => storage[wallet](input));
    if (results[1].status === 'rejected') await this.untilDone(() => storage.appendLedger(input));
  }

  /** A posting that touches no seller's balance. */
  async bookLedgerOnly(kind: PostingKind): Promise<void> {
    const input = this.input(kind, false);
    await this.untilDone(() =>
      localOr(
        () => local.appendLedger(input),
        () => storage.appendLedger(input),
      ),
    );
  }

  private async untilDone(post: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await post();
        return;
      } catch (error) {
        await this.park(failureOf(error).message);
      }
    }
  }

  private input(kind: BookInput['kind'], completes: boolean): BookInput {
    const { merchantId, paymentOrderId, sellerAccount } = this.order;
    const effectiveAt = new Date(Date.now()).toISOString();
    return { merchantId, paymentOrderId, sellerAccount, ...this.captured(), kind, completes, effectiveAt };
  }

  /** The captured part of the order, and the fee's part of that by the rule for all parts (C1, M3). */
  private captured(): Pick<BookInput, 'amount' | 'platformFee' | 'exchange'> {
    const { amount, platformFee, exchange } = this.order;
    if (this.capturedMinor === undefined || this.capturedMinor === toMinorUnits(amount).toString())
      return { amount, platformFee, ...(exchange !== undefined && { exchange }) };
    const minor = BigInt(this.capturedMinor);
    const ordered = exchange === undefined ? undefined : exchangeFrom(exchange);
    const part = ordered === undefined ? undefined : partOfExchange(ordered, toMinorUnits(amount), minor);
    const whole = {
      amountMinor: ordered?.sellerMinor ?? toMinorUnits(amount),
      platformFeeMinor: toMinorUnits(platformFee),
    };
    const { feeMinor } = partsOfCapture(whole, part?.sellerMinor ?? minor);
    return {
      amount: fromMinorUnits(minor, amount.currency),
      platformFee: fromMinorUnits(feeMinor, platformFee.currency),
      ...(part !== undefined && { exchange: exchangedMoney(part) }),
    };
  }
}
