import { amountText, html, page, type Html } from './html';
import type { CheckoutSession } from './session-objects';
import { behaviourOfNumber, delayedMethodsFor, type Behaviour } from './test-payment-methods';

/** What the buyer has typed, or tries again with. */
export interface PageForm {
  readonly way: string;
  readonly number: string;
  readonly expiry: string;
  readonly cvc: string;
  readonly name: string;
}

/** What is wrong with a field, by its name; empty when all is well. */
export type FieldErrors = Partial<Record<keyof PageForm, string>>;

export const emptyForm: PageForm = { way: 'card', number: '', expiry: '', cvc: '', name: '' };

const digits = (text: string): string => text.replace(/\D/g, '');

function hasValidCheckDigit(number: string): boolean {
  const sum = Array.from(number)
    .reverse()
    .reduce((running, digit, place) => {
      const weighted = place % 2 === 1 ? Number(digit) * 2 : Number(digit);
      return running + (weighted > 9 ? weighted - 9 : weighted);
    }, 0);
  return sum % 10 === 0;
}

/** Checks a submitted card as the page itself does, for browsers without its script. */
export function checkForm(form: PageForm, now: Date): FieldErrors {
  if (form.way !== 'card') return {};
  const errors: FieldErrors = {};
  const number = digits(form.number);
  if (number.length < 13) errors.number = 'Your card number is incomplete.';
  else if (!hasValidCheckDigit(number)) errors.number = 'Your card number is invalid.';
  else if (behaviourOfNumber(number) === undefined)
    errors.number = 'This is a test page: use a test card, such as 4242 4242 4242 4242.';
  const [, month, year] = /^\s*(\d{1,2})\s*\/\s*(?:20)?(\d{2})\s*$/.exec(form.expiry) ?? [];
  if (month === undefined || year === undefined || Number(month) < 1 || Number(month) > 12)
    errors.expiry = "Your card's expiration date is incomplete.";
  else if (new Date(2000 + Number(year), Number(month)) <= now)
    errors.expiry = "Your card's expiration year is in the past.";
  const cvcLength = behaviourOfNumber(number)?.brand === 'amex' ? 4 : 3;
  if (digits(form.cvc).length !== cvcLength)
    errors.cvc = `Your card's security code is incomplete: ${String(cvcLength)} digits.`;
  if (form.name.trim() === '') errors.name = 'Enter the name on the card.';
  return errors;
}

/** How the chosen way of paying behaves; nothing for a way that this page doesn't offer. */
export function chosenBehaviour(session: CheckoutSession, form: PageForm): Behaviour | undefined {
  if (form.way === 'card') return behaviourOfNumber(digits(form.number));
  const { bankDebit, voucher } = offered(session);
  if (form.way === 'bank' && bankDebit !== undefined) return { type: bankDebit, last4: '3000', delayed: 'succeeds' };
  return form.way === 'voucher' && voucher !== undefined
    ? { type: voucher, last4: '', delayed: 'succeeds' }
    : undefined;
}

const offered = (session: CheckoutSession) => {
  const methods = delayedMethodsFor(session.currency ?? '');
  const allows = (type: string | undefined): boolean =>
    type !== undefined && session.payment_method_types.includes(type);
  return {
    bankDebit: allows(methods.bankDebit) ? methods.bankDebit : undefined,
    voucher: allows(methods.voucher) ? methods.voucher : undefined,
  };
};

const wayNames: Readonly<Record<string, string>> = {
  us_bank_account: 'US bank account',
  sepa_debit: 'SEPA debit',
  multibanco: 'Multibanco',
  boleto: 'Boleto',
  oxxo: 'OXXO',
  konbini: 'Konbini',
};

const testCards = [
  ['4242 4242 4242 4242', 'pays'],
  ['4000 0000 0000 9995', 'insufficient funds'],
  ['4000 0000 0000 0002', 'declined'],
  ['4000 0027 6000 3184', '3-D Secure'],
  ['4000 0000 0000 0341', 'can be saved, then declines'],
  ['5555 5555 5555 4444', 'Mastercard'],
  ['3782 822463 10005', 'American Express, 4-digit code'],
] as const;

/** The page on which the buyer pays, or leaves a card. */
export function paymentPage(
  session: CheckoutSession,
  name: string | null,
  form: PageForm,
  errors: FieldErrors,
  notice: string | null,
) {
  const price = session.amount_total === null ? null : amountText(session.amount_total, session.currency ?? 'eur');
  const setup = session.mode === 'setup';
  const field = (id: keyof PageForm, label: string, more: Html): Html =>
    html`<div class="field">
      <label for="${id}">${label}</label>${more}
      <p class="hint" id="${id}-hint" role="alert">${errors[id] ?? ''}</p>
    </div>`;
  const input = (id: keyof PageForm, placeholder: string): Html =>
    html`<input
      type="text"
      id="${id}"
      name="${id}"
      value="${form[id]}"
      placeholder="${placeholder}"
      aria-describedby="${id}-hint"
      aria-invalid="${errors[id] === undefined ? 'false' : 'true'}"
      autocomplete="${{ number: 'cc-number', expiry: 'cc-exp', cvc: 'cc-csc', name: 'cc-name', way: 'off' }[id]}"
      inputmode="${id === 'name' ? 'text' : 'numeric'}"
    />`;
  const { bankDebit, voucher } = offered(session);
  const ways: [string, string][] = [
    ['card', 'Card'],
    ...(bankDebit === undefined ? [] : [['bank', wayNames[bankDebit] ?? bankDebit] as [string, string]]),
    ...(voucher === undefined ? [] : [['voucher', wayNames[voucher] ?? voucher] as [string, string]]),
  ];
  return page(
    setup ? 'Save your card' : `Pay ${price ?? ''}`,
    html`<main class="pay">
      <section class="summary">
        <div>
          ${session.cancel_url === null ? '' : html`<a class="back" id="cancel" href="${session.cancel_url}">← Back to the shop</a>`}
          <p class="what">
            ${setup ? 'Save a card for your order' : (name ?? 'Your order')}<span class="test">TEST</span>
          </p>
          <p class="amount">${price ?? 'Several sellers'}</p>
          <div class="item">
            <span>${setup ? 'Each seller charges this card on its own.' : (name ?? 'Your order')}</span
            ><span>${price ?? ''}</span>
          </div>
        </div>
      </section>
      <section class="form">
        <div>
          <h1>${setup ? 'Card details' : 'Pay'}</h1>
          ${notice === null ? '' : html`<p class="notice" role="alert" id="notice">${notice}</p>`}
          <form method="post" novalidate id="pay">
            ${ways.length > 1 ? html`<div class="ways" role="radiogroup" aria-label="Way of paying">${ways.map(([value, label]) => html`<label><input type="radio" name="way" value="${value}" ${form.way === value ? html`checked` : ''} />${label}</label>`)}</div>` : html`<input type="hidden" name="way" value="card" />`}
            <fieldset class="only-card">
              ${field('number', 'Card number', html`<div class="number">${input('number', '1234 1234 1234 1234')}<span class="brand" id="brand" aria-hidden="true"></span></div>`)}
              <div class="row">
                ${field('expiry', 'Expiry', input('expiry', 'MM / YY'))}${field('cvc', 'Security code', input('cvc', 'CVC'))}
              </div>
              ${field('name', 'Name on card', input('name', ''))}
            </fieldset>
            ${bankDebit === undefined ? '' : html`<p class="only-bank soft">The amount is taken from a test account of ${wayNames[bankDebit] ?? bankDebit}. It takes some days until it is sure.</p>`}
            ${voucher === undefined ? '' : html`<p class="only-voucher soft">You get a number with which you pay in cash at an agent, within three days.</p>`}
            <button type="submit" id="submit">${setup ? 'Save card' : `Pay ${price ?? ''}`}</button>
            <p class="soft">This is a sandbox: no money moves, and only test cards work.</p>
          </form>
          <details>
            <summary>Test cards</summary>
            <table>
              ${testCards.map(
                ([number, what]) =>
                  html`<tr>
                    <td><code>${number}</code></td>
                    <td>${what}</td>
                  </tr>`,
              )}
            </table>
            <p class="soft">Any expiry in the future, any code.</p>
          </details>
        </div>
      </section>
    </main>`,
    pageScript,
  );
}

/** A page that has ended: nothing more can be paid on it. */
export function endedPage(session: CheckoutSession) {
  const paid = session.status === 'complete';
  return page(
    paid ? 'Done' : 'Expired',
    html`<div class="card-wrap">
      <main class="card">
        <h1>${paid ? 'All done here' : 'This page has expired'}</h1>
        <p>
          ${paid ? 'You have already completed this payment page.' : 'You can no longer pay here. Go back to the shop to start again.'}
        </p>
        <a class="button" href="${paid ? session.success_url : (session.cancel_url ?? session.success_url)}"
          >Back to the shop</a
        >
      </main>
    </div>`,
  );
}

/** The bank's 3-D Secure challenge. */
export function challengePage(of: { amount: string | null; ended: boolean; back: string | null }) {
  return page(
    'Confirm with your bank',
    html`<div class="card-wrap">
      <main class="card">
        <h1>Your bank asks: is this you?<span class="test">TEST</span></h1>
        ${
          of.ended
            ? html`<p>This has been answered already.</p>
                ${of.back === null ? '' : html`<a class="button" href="${of.back}">Back to the shop</a>`}`
            : html`<p>
                  ${of.amount === null ? 'A shop wants to save your card.' : html`A shop wants to charge <b>${of.amount}</b> to your card.`}
                </p>
                <form method="post">
                  <button name="outcome" value="succeeded" id="authorize">Confirm</button
                  ><button class="quiet" name="outcome" value="failed" id="refuse">It isn't me</button>
                </form>
                <p class="soft">3-D Secure challenge of the sandbox.</p>`
        }
      </main>
    </div>`,
  );
}

/** What the buyer takes to the agent. */
export function voucherPage(of: { type: string; amount: string; number: string; status: string; back: string | null }) {
  const waiting = of.status === 'requires_action';
  return page(
    'Your voucher',
    html`<div class="card-wrap">
      <main class="card">
        <h1>${wayNames[of.type] ?? of.type} voucher<span class="test">TEST</span></h1>
        <p class="what">
          ${waiting ? 'Pay this at an agent within three days' : of.status === 'succeeded' ? 'This voucher has been paid' : 'This voucher is no longer valid'}
        </p>
        <p class="amount">${of.amount}</p>
        <div class="item"><span>Number</span><code>${of.number}</code></div>
        ${waiting ? html`<form method="post"><button name="outcome" value="succeeded" id="cash">I am the agent: cash received</button><button class="quiet" name="outcome" value="failed">Let it expire</button></form>` : ''}
        ${of.back === null ? '' : html`<a class="button quiet" href="${of.back}" id="back">Back to the shop</a>`}
      </main>
    </div>`,
  );
}

/** Grouping, brand, and checks while typing; the server checks the same again. */
const pageScript = `
const form = document.getElementById('pay'), byId = (id) => document.getElementById(id);
const digits = (text) => text.replace(/\\D/g, '');
const luhn = (text) => [...text].reverse().reduce((sum, d, i) => { const w = i % 2 ? d * 2 : +d; return sum + (w > 9 ? w - 9 : w); }, 0) % 10 === 0;
const brandOf = (n) => /^4/.test(n) ? 'Visa' : /^(5[1-5]|2[2-7])/.test(n) ? 'Mastercard' : /^3[47]/.test(n) ? 'Amex' : '';
const say = (id, text) => { byId(id + '-hint').textContent = text; byId(id).setAttribute('aria-invalid', text ? 'true' : 'false'); };
byId('number').addEventListener('input', (event) => {
  const n = digits(event.target.value).slice(0, 19), amex = /^3[47]/.test(n);
  event.target.value = (amex ? n.replace(/^(\\d{4})(\\d{1,6})?(\\d{1,5})?.*/, (all, a, b, c) => [a, b, c].filter(Boolean).join(' ')) : n.replace(/(\\d{4})(?=\\d)/g, '$1 '));
  byId('brand').textContent = brandOf(n); say('number', '');
});
byId('expiry').addEventListener('input', (event) => {
  if (event.inputType === 'deleteContentBackward') return;
  let n = digits(event.target.value).slice(0, 4); if (/^[2-9]$/.test(n)) n = '0' + n;
  event.target.value = n.length >= 2 ? n.slice(0, 2) + ' / ' + n.slice(2) : n; say('expiry', '');
});
byId('cvc').addEventListener('input', (event) => { event.target.value = digits(event.target.value).slice(0, 4); say('cvc', ''); });
byId('name').addEventListener('input', () => say('name', ''));
const checks = {
  number: (v) => digits(v).length < 13 ? 'Your card number is incomplete.' : luhn(digits(v)) ? '' : 'Your card number is invalid.',
  expiry: (v) => { const m = /^(\\d{2}) \\/ (\\d{2})$/.exec(v); return !m || m[1] < 1 || m[1] > 12 ? "Your card's expiration date is incomplete." : new Date(2000 + +m[2], +m[1]) <= new Date() ? "Your card's expiration year is in the past." : ''; },
  cvc: (v) => digits(v).length === (brandOf(digits(byId('number').value)) === 'Amex' ? 4 : 3) ? '' : "Your card's security code is incomplete.",
  name: (v) => v.trim() ? '' : 'Enter the name on the card.',
};
for (const id of Object.keys(checks)) byId(id).addEventListener('blur', (event) => { if (event.target.value) say(id, checks[id](event.target.value)); });
form.addEventListener('submit', (event) => {
  const way = new FormData(form).get('way');
  if (way === 'card') {
    let first;
    for (const id of Object.keys(checks)) { const wrong = checks[id](byId(id).value); say(id, wrong); if (wrong) first ??= byId(id); }
    if (first) { event.preventDefault(); first.focus(); return; }
  }
  byId('submit').disabled = true; byId('submit').textContent = 'One moment …';
});
`;
