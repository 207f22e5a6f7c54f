import { CancellationScope, condition, log, sleep } from '@temporalio/workflow';
import type { OpenedPaymentPage, PageStanding } from '../activities';
import { failureOf, patientStorage, psp } from './activities';
import { pagePollMs, waitOf } from './timing';

/** Who pays and with what. */
export interface Buyer {
  readonly customer: string;
  readonly paymentMethod: string;
  /** Set when the payment was made on the page already. */
  readonly paidOnPage?: string;
}

/** How the wait on a page ends. */
export type PageEnd =
  | { readonly end: 'buyer'; readonly buyer: Buyer }
  /** The storefront brought a card instead; the page is closed. */
  | { readonly end: 'card_given' }
  | { readonly end: 'canceled' }
  | { readonly end: 'expired' };

/**
 * The wait for a buyer on the PSP's page. Only what the PSP says of the page counts: the browser's return proves nothing
 * (W5). A webhook wakes it; growing polls cover webhooks that never come.
 */
export class PaymentPage {
  constructor(
    private readonly key: { merchantId: string; checkoutId: string },
    private readonly asked: { readonly canceled: () => boolean; readonly reviews: () => number },
  ) {}

  async end(opened: OpenedPaymentPage): Promise<PageEnd> {
    let late = false as boolean;
    const clock = new CancellationScope();
    clock
      .run(() => sleep(Math.max(1, Date.parse(opened.deadlineAt) - Date.now())))
      .then(
        () => (late = true),
        () => undefined,
      );
    try {
      for (let round = 0; ; round += 1) {
        const seen = this.asked.reviews();
        await condition(() => this.asked.reviews() > seen || this.asked.canceled() || late, waitOf(pagePollMs, round));
        const close = this.asked.canceled() || late;
        const standing = await this.look(close);
        const end = standing === undefined ? undefined : this.endOf(standing);
        if (end === undefined) {
          if (close) await sleep(waitOf(pagePollMs, round));
          continue;
        }
        await patientStorage.leavePaymentPage(this.key);
        return end;
      }
    } finally {
      clock.cancel();
    }
  }

  /** Reads the page, or closes it. Nothing when the PSP gives no answer now: there is a next time. */
  private async look(close: boolean): Promise<PageStanding | undefined> {
    try {
      return await (close
        ? psp('close the payment page').closePaymentPage(this.key)
        : psp('read the payment page').readPaymentPage(this.key));
    } catch (error) {
      log.warn('the payment page could not be read', { ...this.key, ...failureOf(error) });
      return undefined;
    }
  }

  private endOf({ page, customer, cardGiven }: PageStanding): PageEnd | undefined {
    switch (page.state) {
      case 'paid':
        return { end: 'buyer', buyer: { customer, paymentMethod: '', paidOnPage: page.reference } };
      case 'card_saved':
        return { end: 'buyer', buyer: { customer: page.customer, paymentMethod: page.paymentMethod } };
      case 'expired':
        return cardGiven ? { end: 'card_given' } : { end: this.asked.canceled() ? 'canceled' : 'expired' };
      case 'open':
        return undefined;
    }
  }
}
