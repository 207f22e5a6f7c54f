import { passwordLength } from './auth';
import { html, type Html } from './html';

/** Who looks at a page, for its head. */
export interface Looking {
  readonly email: string;
  readonly roles: readonly string[];
  readonly isSeller: boolean;
}

/** What a page says above its content. */
export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

const style = `
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1d2433; background: #f5f6fa; }
header, main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }
header strong { margin-right: auto; } header form { display: inline; }
main { background: #fff; border-radius: .5rem; padding: 1rem 1.5rem 2rem; box-shadow: 0 1px 3px #1d243322; }
a { color: #1f48a3; } h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
label { display: block; margin-top: .75rem; } fieldset { border: 1px solid #c6cbdb; border-radius: .375rem; margin: .75rem 0; }
fieldset label { margin: .25rem 0; }
input:not([type=checkbox]):not([type=radio]) { width: 100%; max-width: 26rem; box-sizing: border-box; padding: .5rem; font: inherit; border: 1px solid #737b94; border-radius: .25rem; display: block; }
select { font: inherit; padding: .5rem; border: 1px solid #737b94; border-radius: .25rem; background: #fff; }
button { font: inherit; padding: .45rem 1.1rem; margin: .75rem .5rem 0 0; color: #fff; background: #2451b3; border: 0; border-radius: .375rem; cursor: pointer; }
button.plain { color: #1f48a3; background: #fff; border: 1px solid #1f48a3; } header button { margin: 0; padding: .1rem .75rem; }
button:focus-visible, a:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid #e08a00; outline-offset: 2px; }
.notice { padding: .6rem 1rem; border-radius: .375rem; border-left: 4px solid; }
.done { background: #e8f4ea; border-color: #23713a; } .problem { background: #fbeae8; border-color: #a3261b; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid #dfe2ec; }
code, .codes { font-family: ui-monospace, monospace; overflow-wrap: anywhere; } .codes { columns: 2; max-width: 22rem; list-style: none; padding: 0; }
.quiet { color: #59617a; } svg { max-width: 13rem; height: auto; display: block; }
`;

/** A whole page. */
export function page(title: string, content: Html, looking?: Looking, notice?: Notice): string {
  const says =
    notice === undefined
      ? null
      : html`<p class="notice ${notice.kind}" role="${notice.kind === 'problem' ? 'alert' : 'status'}">
          ${notice.text}
        </p>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="data:," />
        <title>${title} · Paysaga</title>
        <link rel="stylesheet" href="/page.css" />
      </head>
      <body>
        <header>${looking === undefined ? html`<strong>Paysaga</strong>` : navigation(looking)}</header>
        <main>
          <h1>${title}</h1>
          ${says} ${content}
        </main>
      </body>
    </html> `.text;
}

function navigation({ email, roles, isSeller }: Looking): Html {
  const links = [
    ...(roles.length > 0 ? [['/approvals', 'Approvals']] : []),
    ...(roles.includes('ops') ? [['/alarms', 'Alarms']] : []),
    ...(roles.includes('admin')
      ? [
          ['/people', 'People'],
          ['/happenings', 'What happened'],
        ]
      : []),
    ...(isSeller ? [['/selling', 'Selling']] : []),
    ['/payments', 'Payments'],
    ['/account', 'Account'],
  ];
  return html`<strong>Paysaga</strong>${links.map(([path, name]) => html`<a href="${path}">${name}</a>`)}
    <span class="quiet">${email}</span>
    <form method="post" action="/sign-out"><button class="plain">Sign out</button></form>`;
}

export const styleSheet = style;

/** A field to be filled in. */
export const field = (
  name: string,
  label: string,
  { type = 'text', autocomplete = 'off', value = '', required = true, id = name, more = html`` } = {},
): Html =>
  html`<label for="${id}">${label}</label>
    <input
      id="${id}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      value="${value}"
      ${required ? html` required` : null}${more}
    />`;

/** A code of an authenticator. */
export const codeField = (): Html =>
  field('code', 'The six digits that your authenticator shows', {
    autocomplete: 'one-time-code',
    more: html` inputmode="numeric" pattern="[0-9]{6}" maxlength="6" autofocus`,
  });

export const newPasswordField = (label: string): Html =>
  field('new_password', `${label} (${String(passwordLength.least)} characters or more)`, {
    type: 'password',
    autocomplete: 'new-password',
    more: html` minlength="${passwordLength.least}" maxlength="${passwordLength.most}"`,
  });

/** A form that posts, with a button; what it carries besides its fields is hidden in it. */
export const form = (
  action: string,
  button: string,
  content: Html | readonly Html[] = html``,
  hidden: Readonly<Record<string, string>> = {},
  plain = false,
): Html =>
  html`<form method="post" action="${action}">${Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )}${content}<button${plain ? html` class="plain"` : null}>${button}</button></form>`;

/** A table that is scrolled by itself where it is too wide, by keyboard, too. */
export const wideTable = (
  label: string,
  columns: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
): Html =>
  html`<div class="wide" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

/** A moment, for reading. */
export const moment = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`;
