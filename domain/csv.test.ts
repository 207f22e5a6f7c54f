import { expect, it } from '@jest/globals';
import { csvLine } from './csv';

it('CSV cells are quoted where they must be, and never become a formula', () => {
  expect(csvLine(['a', 'b,c', 'd"e', null, '-1.50', '=SUM(A1)', '-cmd', '@x', '+1'])).toBe(
    `a,"b,c","d""e",,-1.50,'=SUM(A1),'-cmd,'@x,'+1\r\n`,
  );
});
