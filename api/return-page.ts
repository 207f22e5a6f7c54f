import type { RequestHandler } from 'express';

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Back from payment</title>
<link rel="icon" href="data:,">
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif; color: #1a1f36; background: #f6f8fa }
  main { max-width: 26rem; margin: 1rem; padding: 2rem; background: #fff; border-radius: 12px; box-shadow: 0 1px 3px #0002 }
  h1 { margin: 0 0 .5rem; font-size: 1.25rem } p { margin: 0; color: #4f566b }
  @media (prefers-color-scheme: dark) { body { color: #e6e9f0; background: #12141c } main { background: #1d2030 } p { color: #a3acc2 } }
</style>
<main>
  <h1>You can close this page</h1>
  <p>The shop hears from the payment provider itself how your payment went, and will tell you.</p>
</main>
</html>
`;

/** Where buyers come back to when the storefront named no page of its own. It knows nothing and changes nothing. */
export const returnPage: RequestHandler = (_request, response) => {
  response.setHeader('Cache-Control', 'no-store');
  response.type('html').send(page);
};
