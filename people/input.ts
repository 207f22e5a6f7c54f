import { passwordLength } from './auth';

/** So many seconds, as people say it. */
export function span(seconds: number): string {
  const [count, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`;
}

export const addressPattern = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

/** What is wrong with a name; nothing when it is right. */
export const nameLacks = (name: string): string | undefined =>
  name === '' || name.length > 100 ? 'Give a name, with 100 characters at most.' : undefined;

/** What is wrong with an address; nothing when it is right. */
export const addressLacks = (email: string): string | undefined =>
  addressPattern.test(email) ? undefined : 'Give an e-mail address, such as ada@example.com.';

/** What is wrong with a new password; nothing when it is right. */
export function passwordLacks(password: string): string | undefined {
  const { least, most } = passwordLength;
  return password.length < least || password.length > most
    ? `Give a password with ${String(least)} to ${String(most)} characters.`
    : undefined;
}
