import { html, page, type Html } from './html';

/** What the sandbox's officers may find in a seller's papers: the seller says, there are none. */
const findings = {
  verified: 'all is in order',
  document: 'a document is wanted, within 14 days',
  review: 'somebody has to look',
  refused: 'this one is refused',
} as const;
type Finding = keyof typeof findings;

/** What a seller has typed. */
export interface OnboardingForm {
  readonly firstName: string;
  readonly lastName: string;
  readonly birthday: string;
  readonly address: string;
  readonly iban: string;
  readonly terms: string;
  readonly found: Finding;
}

export type OnboardingErrors = Partial<Record<keyof OnboardingForm, string>>;

export const emptyOnboarding: OnboardingForm = {
  firstName: '',
  lastName: '',
  birthday: '',
  address: '',
  iban: '',
  terms: '',
  found: 'verified',
};

export const isFinding = (word: string): word is Finding => Object.hasOwn(findings, word);

/** ISO 13616: the remainder of an IBAN, with its first four characters last and letters as numbers, by 97 is one. */
function hasRightIban(text: string): boolean {
  const iban = text.replace(/\s/g, '').toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const digits = Array.from(iban.slice(4) + iban.slice(0, 4), (letter) => parseInt(letter, 36).toString()).join('');
  return BigInt(digits) % 97n === 1n;
}

/** What is wrong with a form, by its fields; empty when all is well. */
export function checkOnboarding(form: OnboardingForm, now: Date): OnboardingErrors {
  const errors: OnboardingErrors = {};
  if (form.firstName.trim() === '') errors.firstName = 'Enter your first name.';
  if (form.lastName.trim() === '') errors.lastName = 'Enter your last name.';
  const born = new Date(`${form.birthday}T00:00:00Z`);
  if (Number.isNaN(born.getTime())) errors.birthday = 'Enter your date of birth.';
  else if (new Date(born).setUTCFullYear(born.getUTCFullYear() + 18) > now.getTime())
    errors.birthday = 'You must be at least 18 years old.';
  if (form.address.trim() === '') errors.address = 'Enter your address.';
  if (!hasRightIban(form.iban)) errors.iban = 'Enter an IBAN, such as DE89 3704 0044 0532 0130 00.';
  if (form.terms === '') errors.terms = 'Agree to the terms to go on.';
  return errors;
}

/** The page on which a seller tells the PSP who it is, and where its money goes. */
export function onboardingPage(
  wants: readonly string[],
  form: OnboardingForm,
  errors: OnboardingErrors,
  visit: { readonly token: string; readonly returnUrl: string },
) {
  const field = (id: keyof OnboardingForm, label: string, complete: string, type = 'text'): Html =>
    html`<div class="field">
      <label for="${id}">${label}</label
      ><input
        type="${type}"
        id="${id}"
        name="${id}"
        value="${form[id]}"
        autocomplete="${complete}"
        aria-describedby="${id}-hint"
        aria-invalid="${errors[id] === undefined ? 'false' : 'true'}"
      />
      <p class="hint" id="${id}-hint" role="alert">${errors[id] ?? ''}</p>
    </div>`;
  return page(
    'Get paid',
    html`<div class="card-wrap">
      <main class="card">
        <h1>Get paid<span class="test">TEST</span></h1>
        <p class="soft">
          Say who you are and where your money goes. ${wants.length === 0 ? '' : `Still wanted: ${wants.join(', ')}.`}
        </p>
        <form method="post" novalidate>
          <input type="hidden" name="token" value="${visit.token}" />
          <div class="row">
            ${field('firstName', 'First name', 'given-name')}${field('lastName', 'Last name', 'family-name')}
          </div>
          ${field('birthday', 'Date of birth', 'bday', 'date')} ${field('address', 'Address', 'street-address')}
          ${field('iban', 'IBAN', 'off')}
          <div class="field">
            <label
              ><input
                type="checkbox"
                id="terms"
                name="terms"
                value="agreed"
                aria-describedby="terms-hint"
                ${form.terms === '' ? '' : html`checked`}
              />
              I agree to the terms</label
            >
            <p class="hint" id="terms-hint" role="alert">${errors.terms ?? ''}</p>
          </div>
          <div class="field">
            <label for="found">What the sandbox finds in your papers</label
            ><select id="found" name="found">
              ${Object.entries(findings).map(([value, what]) => html`<option value="${value}" ${form.found === value ? html`selected` : ''}>${what}</option>`)}
            </select>
          </div>
          <button type="submit" id="submit">Submit</button>
          <a class="button quiet" id="later" href="${visit.returnUrl}">Save for later</a>
          <p class="soft">This is a sandbox: nobody reads your papers, and no money moves.</p>
        </form>
      </main>
    </div>`,
  );
}
