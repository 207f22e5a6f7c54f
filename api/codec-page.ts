import { escapeHtml } from '../domain/html';

/** The one page of the codec server: where an operator signs in, so that the Temporal UI shows payloads in plain text. */
export function signInPage(signed: 'in' | 'out', problem?: string): string {
  const message = problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`;
  const form =
    signed === 'in'
      ? `<p>You are signed in. The Temporal UI shows payloads in plain text now: in its settings of the codec server, let it send credentials.</p>
<form method="post" action="/sign-out"><button>Sign out</button></form>`
      : `<form method="post" action="/sign-in">
<label for="secret">Operator's API key, or token of the sign-in service</label>
<input id="secret" name="secret" type="password" autocomplete="off" required>
<button>Sign in</button>
</form>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Paysaga codec server</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; color: #1d2433; background: #fff; }
label, input { display: block; width: 100%; box-sizing: border-box; } input { padding: .5rem; margin: .25rem 0 1rem; font: inherit; }
button { font: inherit; padding: .5rem 1.25rem; color: #fff; background: #2451b3; border: 0; border-radius: .375rem; cursor: pointer; }
[role=alert] { color: #a3261b; }
</style>
</head>
<body>
<h1>Paysaga codec server</h1>
<p>What Temporal keeps is sealed. This server opens it for operators.</p>
${message}${form}
</body>
</html>
`;
}
