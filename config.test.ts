import { describe, expect, it } from '@jest/globals';
import { readApiConfig, readPeopleConfig, readWorkerConfig } from './config';

describe('configuration', () => {
  it('names every missing variable at once', () => {
    expect(() => readApiConfig({})).toThrow(/TEMPORAL_ADDRESS is missing[\s\S]*LEDGER_DATABASE_URL is missing/);
  });

  it('never shows a value', () => {
    const bad = { PAYSAGA_SECRETS_KEY: 'planted-secret', LEDGER_DATABASE_URL: 'planted-url' };
    expect(() => readWorkerConfig(bad)).toThrow(/PAYSAGA_SECRETS_KEY must be 32 bytes in base64/);
    expect(() => readWorkerConfig(bad)).not.toThrow(/planted/);
  });

  const secret = Buffer.alloc(32, 7).toString('base64');
  it.each([['1:short'], [secret], [`1:${secret},1:${secret}`], [`a:${secret}`]])(
    'secrets that follow others are numbered, each number once: %s is refused',
    (secrets) => {
      expect(() => readPeopleConfig({ PEOPLE_SECRETS: secrets })).toThrow(
        /PEOPLE_SECRETS must be number:secret pairs with commas between/,
      );
    },
  );
});
