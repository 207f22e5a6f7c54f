import { randomBytes } from 'node:crypto';

/** Text that is safe inside HTML, also between quotes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (mark) => `&#${String(mark.charCodeAt(0))};`);

/** HTML made of trusted parts; everything put in between is escaped unless it is such a part itself. */
export class Html {
  constructor(readonly text: string) {}
}
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Html {
  return new Html(
    parts.reduce((text, part, index) => text + part + (index < values.length ? shown(values[index]) : ''), ''),
  );
}
const shown = (value: Shown): string => {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(shown).join('');
  return value === undefined ? '' : escape(String(value));
};

/** What may stand inside HTML. */
type Shown = Html | string | number | undefined | readonly Html[];

/** A whole page with its security headers: nothing but its own style and script runs in it. */
export function page(title: string, body: Html, script = ''): { body: string; headers: Record<string, string> } {
  const nonce = randomBytes(16).toString('base64');
  return {
    body: html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title}</title>
          <style nonce="${nonce}">
            ${new Html(style)}
          </style>
        </head>
        <body>
          ${body} ${script === '' ? '' : new Html(`<script nonce="${nonce}">${script}</script>`)}
        </body>
      </html> `.text,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      // form-action is left open: a paid page sends the buyer on to the shop.
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    },
  };
}

/** An amount in Stripe's units as people write it. */
export function amountText(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

const style = `
:root { --ink: #1a1f36; --soft: #5b6479; --line: #dfe3ea; --paper: #fff; --back: #f5f6f9; --accent: #4f46e5; --on-accent: #fff; --bad: #b3213a; --bad-back: #fdeef0; --good: #0b7a4b; --good-back: #e6f6ee; color-scheme: light dark }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ebf2; --soft: #a0a8bd; --line: #343a4d; --paper: #1b1f2d; --back: #11141d; --accent: #7c75ff; --on-accent: #0d0f17; --bad: #ff8a9c; --bad-back: #3a1d25; --good: #5fd39b; --good-back: #14332a } }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--back) }
h1 { font-size: 1.15rem; margin: 0 0 1rem } h2 { font-size: 1rem; margin: 2rem 0 .5rem } a { color: var(--accent) }
.pay { min-height: 100vh; display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr) }
.pay > section { padding: clamp(1.5rem, 6vw, 4.5rem) clamp(1.25rem, 6vw, 5rem) } .pay > section > * { max-width: 26rem }
.summary > * { margin-left: auto } .form { background: var(--paper); box-shadow: -12px 0 32px #0000000a }
.summary .back { display: inline-block; margin: 0 0 2rem; text-decoration: none; color: var(--soft) } .summary .back:hover { color: var(--ink) }
.what { color: var(--soft); margin: 0 } .amount { font-size: 2.4rem; font-weight: 650; letter-spacing: -.02em; margin: .1rem 0 1.5rem; line-height: 1.2 }
.item { display: flex; justify-content: space-between; gap: 1rem; border-top: 1px solid var(--line); padding: .9rem 0 }
.test { display: inline-block; font-size: .75rem; font-weight: 600; padding: .1rem .5rem; border-radius: 1rem; background: #ffd66b; color: #4a3200; vertical-align: middle; margin-left: .5rem }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; min-width: 0 } label { display: block; font-size: .875rem; font-weight: 550; margin: 0 0 .3rem }
input[type=text], input[type=email], input[type=date], select { width: 100%; font: inherit; color: inherit; background: transparent; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: 8px; min-height: 2.9rem }
input:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 45%, transparent); outline-offset: 1px }
input[aria-invalid=true] { border-color: var(--bad) } .hint { color: var(--bad); font-size: .85rem; margin: .3rem 0 0; min-height: 0 } .hint:empty { display: none }
.row { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem } .field { margin-bottom: 1rem } .number { position: relative } .brand { position: absolute; right: .8rem; top: .75rem; font-size: .8rem; font-weight: 600; color: var(--soft) }
.ways { display: flex; gap: .5rem; margin: 0 0 1.25rem } .ways label { flex: 1; margin: 0; padding: .7rem .6rem; border: 1px solid var(--line); border-radius: 8px; text-align: center; cursor: pointer }
.ways input { position: absolute; opacity: 0 } .ways label:has(input:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); color: var(--accent) } .ways label:has(input:focus-visible) { outline: 3px solid color-mix(in srgb, var(--accent) 45%, transparent) }
form:has([value=bank]:checked) .only-card, form:has([value=voucher]:checked) .only-card, form:not(:has([value=bank]:checked)) .only-bank, form:not(:has([value=voucher]:checked)) .only-voucher { display: none }
button, .button { display: inline-block; width: 100%; font: inherit; font-weight: 600; border: 0; border-radius: 8px; padding: .8rem 1rem; min-height: 3rem; background: var(--accent); color: var(--on-accent); cursor: pointer; text-align: center; text-decoration: none }
button:disabled { opacity: .6; cursor: progress } button.quiet, .button.quiet { background: transparent; color: var(--ink); box-shadow: inset 0 0 0 1px var(--line); margin-top: .75rem } button.small { width: auto; min-height: 0; padding: .3rem .7rem; font-size: .85rem; margin: 0 }
.notice { border-radius: 8px; padding: .75rem .9rem; margin: 0 0 1.25rem; background: var(--bad-back); color: var(--bad) } .notice.good { background: var(--good-back); color: var(--good) } .soft { color: var(--soft); font-size: .875rem }
details { margin-top: 1.5rem; border-top: 1px solid var(--line); padding-top: 1rem } summary { cursor: pointer; color: var(--soft); font-size: .9rem } details table { width: 100%; margin-top: .75rem }
.card { max-width: 27rem; margin: clamp(1rem, 8vh, 6rem) auto; padding: clamp(1.25rem, 5vw, 2.25rem); background: var(--paper); border-radius: 14px; box-shadow: 0 8px 30px #0000000f } .card-wrap { padding: 0 1rem }
table { border-collapse: collapse; font-size: .875rem } th { text-align: left; color: var(--soft); font-weight: 550 } th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top } td.right { text-align: right; white-space: nowrap } code { font: .85em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }
.console { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem } .console .scroll { overflow-x: auto; background: var(--paper); border-radius: 10px; padding: .25rem 1rem } .console table { width: 100% } .console form { display: inline } .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0 } .tiles div { background: var(--paper); border-radius: 10px; padding: .7rem 1rem } .tiles b { display: block; font-size: 1.4rem; font-weight: 620 } .tiles span { color: var(--soft); font-size: .8rem }
.status { display: inline-block; font-size: .78rem; font-weight: 600; padding: .05rem .5rem; border-radius: 1rem; background: var(--line) } .status.succeeded, .status.complete { background: var(--good-back); color: var(--good) } .status.requires_payment_method, .status.canceled, .status.expired { background: var(--bad-back); color: var(--bad) }
.switches { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem; align-items: end; background: var(--paper); border-radius: 10px; padding: 1rem } .switches label { margin: 0 } .switches input, .switches select { min-height: 2.4rem; padding: .4rem .6rem }
@media (max-width: 760px) { .pay { display: block; min-height: 0 } .summary { padding-bottom: 1.25rem !important } .summary > * { margin-left: 0 } .summary .back { margin-bottom: 1rem } .amount { margin-bottom: .75rem; font-size: 2rem } .form { border-radius: 18px 18px 0 0; min-height: 60vh } .pay > section > * { max-width: none } }
@media (prefers-reduced-motion: no-preference) { button, input, .ways label { transition: border-color .12s, box-shadow .12s, opacity .12s } }
`;
