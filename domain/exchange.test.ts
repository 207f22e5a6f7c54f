import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  capturedExchange,
  exchangedBack,
  exchangedMoney,
  exchangeFrom,
  partOfExchange,
  type Exchange,
} from './exchange';
import { convertFor, parseRate, withSpread, worthOf, type Rate } from './fx';
import { postingLines, sellerAccount, type PostingLine } from './ledger';
import { policiesFrom } from './policies';
import {
  disputeFeePosting,
  disputeLossReversedPosting,
  disputeLostPosting,
  refundPosting,
  type Posting,
} from './posting';
import { capturedParts, partsOfRefund } from './refund';

/** Exponents 0, 2, 3 and 4. */
const currencies = ['JPY', 'EUR', 'USD', 'KWD', 'CLF'] as const;
const rate: fc.Arbitrary<Rate> = fc
  .record({ digits: fc.bigInt({ min: 1n, max: 10n ** 9n }), scale: fc.integer({ min: 0, max: 8 }) })
  .map(({ digits, scale }) => withSpread({ digits, scale }, 0));

interface Paid {
  readonly currency: string;
  readonly exchange: Exchange;
  readonly amount: bigint;
  readonly capturedMinor: bigint;
  readonly feeMinor: bigint;
}

/** An order that was paid by a quote of any rate and spread, captured in whole or in part. */
const paid: fc.Arbitrary<Paid> = fc
  .record({
    currency: fc.constantFrom(...currencies),
    sellerCurrency: fc.constantFrom(...currencies),
    mid: rate,
    spreadBasisPoints: fc.integer({ min: 0, max: 2_000 }),
    fixed: fc.constantFrom('seller' as const, 'buyer' as const),
    given: fc.bigInt({ min: 1n, max: 10n ** 10n }),
    captured: fc.bigInt({ min: 1n, max: 1_000n }),
    fee: fc.bigInt({ min: 0n, max: 1_000n }),
  })
  .filter(({ currency, sellerCurrency }) => currency !== sellerCurrency)
  .map(({ currency, sellerCurrency, mid, spreadBasisPoints, fixed, given, captured, fee }) => {
    const conversion = {
      sellerCurrency,
      buyerCurrency: currency,
      mid,
      spreadBasisPoints,
      buyerMultipleOf: currency === 'KWD' ? 10n : 1n,
      sellerMultipleOf: sellerCurrency === 'KWD' ? 10n : 1n,
    };
    try {
      const { sellerMinor, buyerMinor, spreadMinor } = convertFor(conversion, fixed, given);
      return {
        currency,
        exchange: { sellerCurrency, sellerMinor, positionMinor: sellerMinor + spreadMinor },
        amount: buyerMinor,
        capturedMinor: (buyerMinor * captured + 999n) / 1_000n,
        feeMinor: (sellerMinor * fee) / 1_000n,
      };
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  })
  .filter((order) => order !== undefined);

const rowOf = ({ currency, exchange, amount, capturedMinor, feeMinor }: Paid) => ({
  amount,
  currency,
  capturedAmount: capturedMinor,
  sellerCurrency: exchange.sellerCurrency,
  sellerAmount: exchange.sellerMinor,
  positionAmount: exchange.positionMinor,
  platformFee: feeMinor,
});

/** A book of nothing but these postings: what stands in each account and currency. */
class Book {
  readonly accounts = new Map<string, bigint>();

  constructor(private readonly own: string) {}

  /** Also fails when any currency of the posting doesn't sum to zero. */
  add(lines: readonly PostingLine[], seller: Posting['seller'] = null): void {
    const all = [
      ...lines,
      ...(seller === null
        ? []
        : [{ account: 'seller', amountMinor: seller.mode === 'give' ? -seller.amountMinor : seller.amountMinor }]),
    ];
    const sums = new Map<string, bigint>();
    for (const { account, amountMinor, currency = this.own } of all) {
      const name = `${account.replace(/^seller:.*/, 'seller')} ${currency}`;
      this.accounts.set(name, (this.accounts.get(name) ?? 0n) + amountMinor);
      sums.set(currency, (sums.get(currency) ?? 0n) + amountMinor);
    }
    for (const sum of sums.values()) expect(sum).toBe(0n);
  }

  get left(): Record<string, bigint> {
    return Object.fromEntries([...this.accounts].filter(([, amount]) => amount !== 0n));
  }
}

/** Books the capture, and refunds of the given parts of what is left, the last one of all the rest; every third fails again. */
function life(order: Paid, shares: readonly bigint[], kept: boolean): Book {
  const row = rowOf(order);
  const book = new Book(order.exchange.sellerCurrency);
  const captured = capturedExchange(row);
  if (captured === undefined) throw new Error('it is an exchange');
  const parts = capturedParts(row);
  const crossing = {
    buyerCurrency: order.currency,
    buyerMinor: order.capturedMinor,
    positionMinor: captured.positionMinor,
  };
  book.add(
    postingLines('capture', {
      sellerAccount: 'ada',
      amountMinor: captured.sellerMinor,
      platformFeeMinor: parts.platformFeeMinor,
      crossing,
    }),
  );
  let gone = { buyerMinor: 0n, sellerMinor: 0n, feeMinor: 0n, positionMinor: 0n };
  const policies = policiesFrom({ platformFeeOnRefund: kept ? 'kept' : 'returned' });
  const refund = (amountMinor: bigint, fails: boolean): void => {
    const back = exchangedBack(
      captured,
      order.capturedMinor,
      { buyerMinor: gone.buyerMinor, grossMinor: gone.sellerMinor + gone.feeMinor, positionMinor: gone.positionMinor },
      amountMinor,
    );
    const { sellerMinor, feeMinor } = partsOfRefund(parts, gone, back.grossMinor, policies);
    const posted = {
      sellerAccount: 'ada',
      sellerMinor,
      feeMinor,
      crossing: { buyerCurrency: order.currency, buyerMinor: amountMinor, positionMinor: back.positionMinor },
    };
    for (const leg of fails ? (['requested', 'failed'] as const) : (['requested', 'succeeded'] as const)) {
      const { lines, seller } = refundPosting(leg, posted);
      book.add(lines, seller);
    }
    if (fails) return;
    gone = {
      buyerMinor: gone.buyerMinor + amountMinor,
      sellerMinor: gone.sellerMinor + sellerMinor,
      feeMinor: gone.feeMinor + feeMinor,
      positionMinor: gone.positionMinor + back.positionMinor,
    };
  };
  shares.forEach((share, index) => {
    const amountMinor = ((order.capturedMinor - gone.buyerMinor) * share) / 1_000n;
    if (amountMinor > 0n) refund(amountMinor, index % 3 === 2);
  });
  if (gone.buyerMinor < order.capturedMinor) refund(order.capturedMinor - gone.buyerMinor, false);
  return book;
}

const shares = fc.array(fc.bigInt({ min: 1n, max: 999n }), { maxLength: 8 });

describe('M4 a payment in another currency than its seller is owed', () => {
  it('sums to zero in each currency, and after any partial refunds nothing of it is left in any account', () => {
    fc.assert(
      fc.property(paid, shares, (order, parts) => {
        expect(life(order, parts, false).left).toEqual({});
      }),
      { numRuns: 500 },
    );
  });

  it('C4 where the platform keeps its fee, exactly that is left: earned by the platform, borne by the seller', () => {
    fc.assert(
      fc.property(paid, shares, (order, parts) => {
        const { platformFeeMinor: fee } = capturedParts(rowOf(order));
        const own = order.exchange.sellerCurrency;
        expect(life(order, parts, true).left).toEqual(
          fee === 0n ? {} : { [`platform_fees ${own}`]: -fee, [`seller ${own}`]: fee },
        );
      }),
    );
  });

  it('books the spread as an entry of its own, never below zero: the house loses nothing by rounding', () => {
    fc.assert(
      fc.property(paid, (order) => {
        const captured = capturedExchange(rowOf(order));
        if (captured === undefined) throw new Error('it is an exchange');
        expect(captured.positionMinor).toBeGreaterThanOrEqual(captured.sellerMinor);
      }),
    );
    const exchange = { sellerCurrency: 'EUR', sellerMinor: 4_990n, positionMinor: 5_091n };
    const lines = postingLines('capture', {
      sellerAccount: 'ada',
      amountMinor: exchange.sellerMinor,
      platformFeeMinor: 490n,
      crossing: { buyerCurrency: 'USD', buyerMinor: 5_899n, positionMinor: exchange.positionMinor },
    });
    expect(lines).toEqual([
      { account: 'psp_clearing', amountMinor: 5_899n, currency: 'USD' },
      { account: 'fx_position', amountMinor: -5_899n, currency: 'USD' },
      { account: 'fx_position', amountMinor: 5_091n },
      { account: 'fx_spread', amountMinor: -101n },
      { account: sellerAccount('ada', 'pending'), amountMinor: -4_500n },
      { account: 'platform_fees', amountMinor: -490n },
    ]);
  });

  it('a lost dispute sums to zero in each currency, and taken back leaves nothing', () => {
    fc.assert(
      fc.property(paid, fc.constantFrom('seller' as const, 'platform' as const), (order, disputeLoss) => {
        const part = partOfExchange(order.exchange, order.amount, order.capturedMinor);
        const feeMinor = order.feeMinor < part.sellerMinor ? order.feeMinor : part.sellerMinor;
        const lost = {
          sellerAccount: 'ada',
          amountMinor: order.capturedMinor,
          buyerCurrency: order.currency,
          sellerMinor: part.sellerMinor - feeMinor,
          feeMinor,
          exchanged: { grossMinor: part.sellerMinor, positionMinor: part.positionMinor },
        };
        const book = new Book(order.exchange.sellerCurrency);
        for (const make of [disputeLostPosting, disputeLossReversedPosting]) {
          const { lines, seller } = make(lost, policiesFrom({ disputeLoss }));
          book.add(lines, seller);
        }
        expect(book.left).toEqual({});
      }),
    );
  });

  it("M5 the PSP's fee for a dispute is in the buyer's currency, and costs the seller what it is worth in its own", () => {
    const crossing = { buyerCurrency: 'USD', buyerMinor: 1_500n, positionMinor: 1_295n };
    expect(disputeFeePosting({ sellerAccount: 'ada', feeMinor: 1_500n, crossing }, 'seller')).toMatchObject({
      seller: { mode: 'take', amountMinor: 1_295n },
      lines: [
        { account: 'psp_clearing', amountMinor: -1_500n, currency: 'USD' },
        { account: 'fx_position', amountMinor: 1_500n, currency: 'USD' },
        { account: 'fx_position', amountMinor: -1_295n },
      ],
    });
    expect(disputeFeePosting({ sellerAccount: 'ada', feeMinor: 1_500n, crossing }, 'platform').lines).toEqual([
      { account: 'dispute_losses', amountMinor: 1_500n, currency: 'USD' },
      { account: 'psp_clearing', amountMinor: -1_500n, currency: 'USD' },
    ]);
  });

  it('crosses boundaries as decimals and comes back the same', () => {
    fc.assert(fc.property(paid, ({ exchange }) => expect(exchangeFrom(exchangedMoney(exchange))).toEqual(exchange)));
  });
});

describe('what a position is worth', () => {
  const sheet = { base: 'EUR', rates: new Map([['USD', parseRate('1.25') as Rate]]) };

  it('is signed, in the currency asked for, half to even', () => {
    expect(worthOf(sheet, { currency: 'USD', minor: 1_250n }, 'EUR')).toBe(1_000n);
    expect(worthOf(sheet, { currency: 'USD', minor: -1_250n }, 'EUR')).toBe(-1_000n);
    expect(worthOf(sheet, { currency: 'EUR', minor: 7n }, 'EUR')).toBe(7n);
    expect(worthOf(sheet, { currency: 'EUR', minor: 1_000n }, 'USD')).toBe(1_250n);
    expect(worthOf(sheet, { currency: 'JPY', minor: 1n }, 'EUR')).toBeUndefined();
  });
});
