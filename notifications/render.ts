import { escapeHtml as html } from '../domain/html';
import { canonicalLocale } from '../domain/locale';
import type { NotificationKind } from '../domain/notification';
import type { FactsOf, Sum } from './facts';
import { textsFor, type Context, type Wording, type Writer } from './texts';

/** A message as it is sent, by whichever way. */
export interface Message {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** For ways that take one line or two: chat and SMS. */
  readonly short: string;
  /** What it asks its reader to open. */
  readonly url: string | null;
  /** Where its reader says that no more such messages are wanted; null where it can't be done without. */
  readonly unsubscribeUrl: string | null;
}

/** For whom and in whose name a message is written. */
export interface Reader {
  readonly merchant: string;
  /** BCP 47. */
  readonly locale: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Where its reader says that no more such messages are wanted; null where it can't be done without. */
  readonly unsubscribeUrl: string | null;
}

/** Exact: `Intl` takes decimals as text (ECMA-402, NumberFormat v3). */
const moneyWriter =
  (locale: string) =>
  ({ amount, currency }: Sum): string =>
    new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount as Intl.StringNumericLiteral);

function writerFor({ locale, timeZone }: Pick<Reader, 'locale' | 'timeZone'>): Writer {
  const language = canonicalLocale(locale) ?? 'en';
  const times = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone });
  const zone = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'short' });
  const lists = new Intl.ListFormat(language, { type: 'conjunction' });
  return {
    money: moneyWriter(language),
    time: (moment) => {
      const name = zone.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      return `${times.format(moment)} ${name}`.trim();
    },
    month: (month) =>
      new Intl.DateTimeFormat(language, { year: 'numeric', month: 'long', timeZone: 'UTC' }).format(
        new Date(`${month}-01T00:00:00Z`),
      ),
    list: (words) => lists.format(words),
  };
}

/** Ids and names come from outside: they break no line of a header, and no markup. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

const longestSubject = 160;
const longestShort = 480;

/** A message of a kind, in its reader's language, as HTML, as text, and in short. */
export function renderMessage<Kind extends NotificationKind>(
  kind: Kind,
  facts: FactsOf[Kind],
  reader: Reader,
): Message {
  const texts = textsFor(reader.locale);
  const context: Context = { merchant: oneLine(reader.merchant), write: writerFor(reader) };
  const wording = texts.kinds[kind](facts, context);
  const subject = cut(oneLine(wording.subject), longestSubject);
  const layout = {
    ...wording,
    subject,
    from: texts.from(context.merchant),
    unsubscribe: reader.unsubscribeUrl === null ? null : { label: texts.unsubscribe, url: reader.unsubscribeUrl },
    language: reader.locale.split('-')[0] ?? 'en',
  };
  const { action } = wording;
  return {
    subject,
    html: asHtml(layout),
    text: asText(layout),
    short: cut(`${subject}${action === null ? '' : ` ${action.url}`}`, longestShort),
    url: action?.url ?? null,
    unsubscribeUrl: reader.unsubscribeUrl,
  };
}

function cut(text: string, length: number): string {
  const signs = Array.from(text);
  return signs.length <= length ? text : `${signs.slice(0, length - 1).join('')}…`;
}

interface Layout extends Wording {
  readonly from: string;
  readonly language: string;
  readonly unsubscribe: { readonly label: string; readonly url: string } | null;
}

/** One column of 36 rem, no picture and nothing that is loaded from elsewhere; readable without styles too. */
function asHtml({ subject, paragraphs, rows, action, from, unsubscribe, language }: Layout): string {
  const row = ([label, value]: readonly [string, string]): string =>
    `<tr><th scope="row" style="text-align:left;font-weight:400;color:#4f566b;padding:6px 16px 6px 0;vertical-align:top">${html(oneLine(label))}</th><td style="text-align:right;padding:6px 0;overflow-wrap:anywhere">${html(oneLine(value))}</td></tr>`;
  return `<!doctype html>
<html lang="${html(language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${html(subject)}</title></head>
<body style="margin:0;padding:16px;background:#f6f8fa;color:#1a1f36;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<main style="max-width:36rem;margin:0 auto;padding:24px;background:#fff;border-radius:12px">
<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${html(subject)}</h1>
${paragraphs.map((paragraph) => `<p style="margin:0 0 12px">${html(oneLine(paragraph))}</p>`).join('\n')}
<table style="width:100%;border-collapse:collapse;margin:12px 0">
${rows.map(row).join('\n')}
</table>
${action === null ? '' : `<p style="margin:20px 0"><a href="${html(action.url)}" style="display:inline-block;padding:10px 20px;border-radius:8px;background:#3f4ad8;color:#fff;text-decoration:none">${html(action.label)}</a></p>`}
<p style="margin:24px 0 0;font-size:13px;color:#4f566b">${html(from)}${unsubscribe === null ? '' : ` <a href="${html(unsubscribe.url)}" style="color:#3f4ad8">${html(unsubscribe.label)}</a>`}</p>
</main>
</body>
</html>
`;
}

function asText({ subject, paragraphs, rows, action, from, unsubscribe }: Layout): string {
  const width = Math.max(0, ...rows.map(([label]) => oneLine(label).length));
  return [
    subject,
    ...paragraphs.map(oneLine),
    rows.map(([label, value]) => `${oneLine(label).padEnd(width)}  ${oneLine(value)}`).join('\n'),
    ...(action === null ? [] : [`${action.label}: ${action.url}`]),
    ['--', from, ...(unsubscribe === null ? [] : [`${unsubscribe.label}: ${unsubscribe.url}`])].join('\n'),
  ].join('\n\n');
}
