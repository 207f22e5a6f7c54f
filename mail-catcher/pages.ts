import type { CaughtMail } from './caught-mail';

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value: string): string => value.replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${text(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: #1a1f36; background: #fff }
h1 { font-size: 1.25rem } a { color: #2451b3 } ul { list-style: none; padding: 0 }
li { padding: .75rem 0; border-top: 1px solid #d8dee6 } small { color: #4f566b; display: block; overflow-wrap: anywhere }
iframe { width: 100%; height: 70vh; border: 1px solid #d8dee6; border-radius: 8px } pre { white-space: pre-wrap; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { color: #e6e9f0; background: #12141c } small { color: #a3acc2 } a { color: #8fb0ff } iframe { background: #fff } }
</style>
</head>
<body>${body}</body>
</html>
`;

/** All mails, the newest first. */
export const listPage = (mails: readonly CaughtMail[]): string =>
  page(
    'Caught mail',
    `<h1>Caught mail</h1><p>Nothing here has gone out. <a href="/">Look again</a></p>${
      mails.length === 0
        ? '<p>There is none yet.</p>'
        : `<ul>${mails
            .map(
              ({ id, subject, from, to, at }) =>
                `<li><a href="/messages/${id}">${text(subject === '' ? '(no subject)' : subject)}</a><small>${text(from)} → ${text(to.join(', '))} · <time datetime="${at}">${at}</time></small></li>`,
            )
            .join('')}</ul>`
    }`,
  );

/** One mail, as its reader sees it. */
export const mailPage = ({ id, subject, from, to, at }: CaughtMail, plain: string, hasHtml: boolean): string =>
  page(
    subject,
    `<p><a href="/">All mail</a></p><h1>${text(subject)}</h1><small>${text(from)} → ${text(to.join(', '))} · ${at}</small>
<p><a href="/messages/${id}/text">Text</a> · <a href="/messages/${id}/source">Source</a></p>
${hasHtml ? `<iframe title="The mail" sandbox="allow-popups" src="/messages/${id}/html"></iframe>` : `<pre>${text(plain)}</pre>`}`,
  );
