/** Digits as they stand on a card: 13 to 19 of them, perhaps in groups, starting as the card networks' ranges do. */
const candidate = /(?<![0-9A-Za-z])[2-6](?:[ -]?\d){12,18}(?![0-9A-Za-z])/g;

/** Luhn's check digit (ISO/IEC 7812-1). */
function hasValidCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits.at(-1 - place));
    const weighted = place % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

/** A telephone number in E.164 form: a plus sign and at most 15 digits. A tenth of those that are long enough pass Luhn's check. */
const isTelephone = (text: string, found: RegExpMatchArray): boolean =>
  text[found.index === undefined ? -1 : found.index - 1] === '+' && /^\d{13,15}$/.test(found[0]);

/** Whether a text holds what looks like a card number. Such a text is refused at the door and never stored or logged (X1). */
export function looksLikeCardNumber(text: string): boolean {
  return [...text.matchAll(candidate)].some(
    (found) => !isTelephone(text, found) && hasValidCheckDigit(found[0].replace(/[ -]/g, '')),
  );
}

/** JSON pointers of every string or number in a body that looks like a card number; keys count too. */
export function findCardNumbers(value: unknown, pointer = ''): string[] {
  if (typeof value === 'string' || typeof value === 'number')
    return looksLikeCardNumber(String(value)) ? [pointer] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner], index) =>
    looksLikeCardNumber(key) ? [`${pointer}/(key ${String(index)})`] : findCardNumbers(inner, `${pointer}/${key}`),
  );
}
