import { randomBytes } from 'node:crypto';
import * as build from './connect-objects';
import { balanceTransaction, newId, type BalanceTransaction } from './objects';
import { availableIn } from './reading';
import type { StripeObject } from './store';
import type { OnboardingForm } from './onboarding-page';
import type { StripeApi } from './stripe-api';
import { invalid } from './stripe-error';

/** What becomes of a connected account's payouts, by `metadata[sandbox_payouts]` of the account. */
type PayoutBehaviour = 'paid' | 'manual' | 'failed' | 'failed_after_paid';

/** How long a payout takes that nobody holds back, in milliseconds. A bank takes days. */
export const payoutTakesMs = 300;

/** How long a link to the onboarding is good for. */
const linkSeconds = 300;
/** How long a seller has to hand in a document. */
const documentSeconds = 14 * 24 * 3600;

const currencies: Readonly<Record<string, string>> = { US: 'usd', GB: 'gbp', JP: 'jpy', CH: 'chf' };

/** Connected accounts, transfers to them, and their payouts. A payout is a call in the connected account's own name. */
export class Connect {
  constructor(private readonly api: StripeApi) {}

  /** An account is made empty: its seller says the rest on the onboarding's page. */
  createAccount(): StripeObject {
    return this.makeAccount('made');
  }

  /** The sandbox's own verb: a seller who has been through the onboarding already. */
  createOnboardedAccount(): StripeObject {
    return this.makeAccount(this.api.metadata()['sandbox_kyc'] === 'pending' ? 'pending' : 'verified');
  }

  private makeAccount(standing: 'made' | 'verified' | 'pending'): StripeObject {
    const country = this.api.optionalText('country') ?? 'DE';
    return this.api.save(
      build.connectedAccount(this.api.call.nowSeconds, {
        country,
        currency: currencies[country] ?? 'eur',
        email: this.api.optionalText('email'),
        standing,
        metadata: this.api.metadata(),
      }),
    );
  }

  /** The sandbox's own verb: the PSP has, or hasn't, seen enough of the seller's papers, wants more by a deadline, or will not have it. */
  verify(id: string, said: Record<string, unknown>): StripeObject {
    const list = (name: string): string[] => (Array.isArray(said[name]) ? said[name].map(String) : []);
    const enabled = said['payouts_enabled'] !== false;
    const { disabled_reason: reason, deadline_seconds: seconds } = said;
    const wanted = list('currently_due');
    const { nowSeconds } = this.api.call;
    return this.stand(id, enabled, {
      currentlyDue: wanted.length > 0 || enabled ? wanted : ['individual.verification.document'],
      pastDue: list('past_due'),
      deadline: seconds === undefined ? null : nowSeconds + Number(seconds),
      disabledReason: enabled ? null : typeof reason === 'string' ? reason : 'requirements.past_due',
    });
  }

  /** docs.stripe.com/api/account_links/create: for one visit, within five minutes. */
  createLink(): Record<string, unknown> {
    const { nowSeconds, baseUrl } = this.api.call;
    const account = this.api.get('account', this.api.text('account'), 'account');
    if (this.api.text('type') !== 'account_onboarding')
      throw invalid('The sandbox makes links of type=account_onboarding only.', 'type');
    const [token, expiresAt] = [randomBytes(16).toString('hex'), nowSeconds + linkSeconds];
    const visit = {
      token,
      expiresAt,
      returnUrl: this.api.text('return_url'),
      refreshUrl: this.api.text('refresh_url'),
    };
    this.api.save(account, { ...this.api.hidden(account.id), visit });
    return build.accountLink(nowSeconds, expiresAt, `${baseUrl}/c/onboarding/${account.id}?token=${token}`);
  }

  /** What a seller has said on the onboarding's page, and what the PSP makes of it. */
  submit(id: string, said: OnboardingForm): StripeObject {
    const account = this.api.get('account', id);
    const { nowSeconds } = this.api.call;
    const iban = said.iban.replace(/\s/g, '').toUpperCase();
    const banks = account['external_accounts'] as { data: StripeObject[] };
    const last4 = iban.slice(-4);
    const bank =
      banks.data[0]?.['last4'] === last4
        ? banks.data[0]
        : build.bankAccount(id, {
            country: iban.slice(0, 2),
            currency: String(account['default_currency']),
            last4,
            holder: `${said.firstName} ${said.lastName}`,
          });
    this.api.save({
      ...account,
      details_submitted: true,
      capabilities: { transfers: 'active' },
      external_accounts: { ...banks, data: [bank] },
    });
    switch (said.found) {
      case 'verified':
        return this.stand(id, true, {});
      case 'document':
        return this.stand(id, true, {
          currentlyDue: ['individual.verification.document'],
          deadline: nowSeconds + documentSeconds,
        });
      case 'review':
        return this.stand(id, false, {
          pendingVerification: ['individual.verification.document'],
          disabledReason: 'requirements.pending_verification',
        });
      case 'refused':
        return this.stand(id, false, { disabledReason: 'rejected.other' });
    }
  }

  private stand(id: string, enabled: boolean, wanted: Parameters<typeof build.requirements>[0]): StripeObject {
    return this.api.save({
      ...this.api.get('account', id),
      ...(enabled && { capabilities: { transfers: 'active' } }),
      charges_enabled: enabled,
      payouts_enabled: enabled,
      requirements: build.requirements(wanted),
    });
  }

  createTransfer(): StripeObject {
    const { nowSeconds } = this.api.call;
    const [amount, currency] = [this.api.amount('amount'), this.api.text('currency').toLowerCase()];
    const destination = this.api.text('destination');
    const account = this.api.find('account', destination);
    if (account === undefined)
      throw invalid(`No such destination: '${destination}'`, 'destination', 'resource_missing');
    if ((account['capabilities'] as { transfers: string }).transfers !== 'active')
      throw invalid(
        'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
        'destination',
        'insufficient_capabilities_for_transfer',
      );
    this.mustHave(amount, currency);
    const id = newId('py');
    this.line(amount, currency, id, 'payment', destination);
    const made = build.transfer(nowSeconds, {
      amount,
      currency,
      destination,
      destinationPayment: id,
      group: this.api.optionalText('transfer_group'),
      line: '',
      metadata: this.api.metadata(),
    });
    const line = this.line(-amount, currency, made.id, 'transfer');
    return this.api.save({ ...made, balance_transaction: line.id });
  }

  reverseTransfer(id: string): StripeObject {
    const { nowSeconds } = this.api.call;
    const transfer = this.api.get('transfer', id, 'transfer');
    const left = Number(transfer['amount']) - Number(transfer['amount_reversed']);
    const amount = this.api.call.params['amount'] === undefined ? left : this.api.amount('amount');
    if (amount > left || left === 0)
      throw invalid(`Transfer ${id} has ${String(left)} left to reverse.`, 'amount', 'transfer_reversal_too_large');
    const [currency, destination] = [String(transfer['currency']), String(transfer['destination'])];
    if (availableIn(this.api.store, destination, currency, nowSeconds) < amount)
      throw invalid(
        'Insufficient funds in the connected account to reverse this transfer.',
        'amount',
        'balance_insufficient',
      );
    this.line(-amount, currency, id, 'payment_refund', destination);
    const made = build.transferReversal(nowSeconds, {
      amount,
      currency,
      transfer: id,
      line: '',
      metadata: this.api.metadata(),
    });
    const line = this.line(amount, currency, made.id, 'transfer_refund');
    const reversal = this.api.save({ ...made, balance_transaction: line.id });
    const earlier = transfer['reversals'] as { data: StripeObject[] };
    this.api.save({
      ...transfer,
      amount_reversed: Number(transfer['amount_reversed']) + amount,
      reversed: amount === left,
      reversals: { ...earlier, data: [reversal, ...earlier.data] },
    });
    return reversal;
  }

  createPayout(): StripeObject {
    const { nowSeconds, account } = this.api.call;
    const [amount, currency] = [this.api.amount('amount'), this.api.text('currency').toLowerCase()];
    const owner = this.api.store.owned(account);
    if (owner?.['payouts_enabled'] === false)
      throw invalid('Payouts are not enabled for this account.', undefined, 'payouts_not_allowed');
    this.mustHave(amount, currency);
    const behaviour = ((owner?.['metadata'] ?? {}) as Record<string, string>)['sandbox_payouts'] ?? 'paid';
    const made = build.payout(nowSeconds, { amount, currency, line: '', metadata: this.api.metadata() });
    const line = this.line(-amount, currency, made.id, 'payout');
    return this.api.save(
      { ...made, balance_transaction: line.id },
      { behaviour, ...(behaviour !== 'manual' && { finishAtMs: Date.now() + payoutTakesMs }) },
    );
  }

  /** What a payout's account does to it when its time has come. */
  mature(id: string): void {
    const behaviour = this.api.hidden(id)['behaviour'] as PayoutBehaviour;
    const { status } = this.api.get('payout', id) as StripeObject & { status: string };
    if (status !== 'pending' && !(status === 'paid' && behaviour === 'failed_after_paid')) return;
    const outcome = behaviour === 'failed' || status === 'paid' ? 'failed' : 'paid';
    this.finishPayout(id, outcome);
    this.api.save(this.api.get('payout', id), {
      behaviour,
      ...(behaviour === 'failed_after_paid' && status === 'pending' && { finishAtMs: Date.now() + payoutTakesMs }),
    });
  }

  /** The sandbox's own verb: the bank takes a payout, or sends it back, even one that was paid (docs.stripe.com/payouts#payout-failures). */
  finishPayout(id: string, outcome: 'paid' | 'failed'): StripeObject {
    const payout = this.api.get('payout', id);
    const { status } = payout;
    if (!(status === 'pending' || (status === 'paid' && outcome === 'failed')))
      throw invalid(`Payout ${id} is ${String(status)}.`, 'id');
    if (outcome === 'paid') return this.api.save({ ...payout, status: 'paid' });
    const line = this.line(Number(payout['amount']), String(payout['currency']), id, 'payout_failure');
    return this.api.save({
      ...payout,
      status: 'failed',
      failure_balance_transaction: line.id,
      failure_code: 'account_closed',
      failure_message: 'The bank account has been closed.',
    });
  }

  private mustHave(amount: number, currency: string): void {
    const { account, nowSeconds } = this.api.call;
    if (availableIn(this.api.store, account, currency, nowSeconds) < amount)
      throw invalid(
        'You have insufficient available funds in your account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card.',
        undefined,
        'balance_insufficient',
      );
  }

  private line(
    amount: number,
    currency: string,
    source: string,
    type: BalanceTransaction['type'],
    account = this.api.call.account,
  ): StripeObject {
    const { nowSeconds } = this.api.call;
    const fields = { amount, fee: 0, currency, source, type, availableOn: nowSeconds, description: null };
    return this.api.save(balanceTransaction(nowSeconds, fields), {}, account);
  }
}
