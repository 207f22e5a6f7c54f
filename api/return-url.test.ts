import { describe, expect, it } from '@jest/globals';
import { isAllowedReturnUrl } from './return-url';

const allowed = ['https://shop.example', 'https://other.example/checkout', 'http://127.0.0.1'];

describe('return URLs', () => {
  it.each([
    'https://shop.example/',
    'https://shop.example/thanks?order=1#top',
    'https://other.example/checkout',
    'https://other.example/checkout/done',
    'http://127.0.0.1:5173/back',
  ])('allows %s', (url) => {
    expect(isAllowedReturnUrl(url, allowed)).toBe(true);
  });

  it.each([
    'http://shop.example/',
    'https://shop.example.evil.test/',
    'https://shop.example@evil.test/',
    'https://evil.test/https://shop.example',
    'https://shop.example:8443/',
    'https://other.example/checkout-evil',
    'https://other.example/checkout/../admin',
    'http://localhost:5173/',
    'javascript:alert(1)',
    '//shop.example/',
    '/thanks',
    '',
  ])('refuses %s', (url) => {
    expect(isAllowedReturnUrl(url, allowed)).toBe(false);
  });

  it('allows nothing where nothing is allowed', () => {
    expect(isAllowedReturnUrl('https://shop.example/', [])).toBe(false);
  });
});
