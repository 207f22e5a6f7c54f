import type { TestStack } from './stack';

/** Where a seller comes back to, and where another link is made. */
export const sellerPages = { return_url: 'https://shop.example/back', refresh_url: 'https://shop.example/again' };

/** A seller without a browser: opens a link to the PSP's onboarding once, as it may be, and sends its form. */
export async function fillOnboarding(url: string, more: Record<string, string> = {}): Promise<Response> {
  const opened = await fetch(url, { redirect: 'manual' });
  const token = /name="token" value="([a-f0-9]{32})"/.exec(await opened.text())?.[1] ?? '';
  const form = {
    token,
    firstName: 'Ada',
    lastName: 'Lovelace',
    birthday: '1985-12-10',
    address: 'Ringweg 1, Bonn',
    iban: 'DE89 3704 0044 0532 0130 00',
    terms: 'agreed',
    found: 'verified',
    ...more,
  };
  return fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
}

/** Asks for a link for a seller, and fills in what is behind it. */
export async function onboardSeller(
  stack: TestStack,
  seller: string,
  more: Record<string, string> = {},
): Promise<void> {
  const { body } = await stack.call<{ url: string }>('POST', `/v1/sellers/${seller}/onboarding`, {
    country: 'DE',
    ...sellerPages,
  });
  const { status } = await fillOnboarding(body.url, more);
  if (status !== 303) throw new Error(`the onboarding answered ${String(status)}`);
}
