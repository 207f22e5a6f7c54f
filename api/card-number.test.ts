import { describe, expect, it } from '@jest/globals';
import { findCardNumbers, looksLikeCardNumber } from './card-number';

describe('X1 card numbers are found', () => {
  it.each([
    '4242424242424242',
    '4242 4242 4242 4242',
    '5555-5555-5555-4444',
    'my card: 378282246310005.',
    '6011111111111117',
    '+4242424242424242',
  ])('%s', (text) => {
    expect(looksLikeCardNumber(text)).toBe(true);
  });

  it.each([
    '4242424242424241',
    '1732190000000',
    'c-4242424242424242x',
    'pm_1Pabc4242424242424242',
    '42',
    '0000000000000000',
    '+4915112345678',
  ])('not in %s', (text) => {
    expect(looksLikeCardNumber(text)).toBe(false);
  });

  it('wherever they stand: values, numbers, keys, arrays', () => {
    expect(
      findCardNumbers({ a: ['x', { b: '4242424242424242' }], n: 4242424242424242, '4242424242424242': 'k' }),
    ).toHaveLength(3);
  });
});
