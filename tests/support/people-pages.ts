import type { Page } from 'playwright-core';
import type { PeopleProcess } from './people';

/** On the page of registration: registers, and confirms the address by the link in the mail. */
export async function register(page: Page, people: PeopleProcess, email: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByText('A mail is on its way').waitFor();
  await page.goto(await people.linkFor(email, 'Confirm your address'));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Your address is confirmed.').waitFor();
}

/** Sends address and password on the page where people sign in, whatever comes of it. */
export async function enter(page: Page, people: PeopleProcess, email: string, password: string): Promise<void> {
  await page.goto(`${people.url}/sign-in`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
