import { jest } from '@jest/globals';

/** Real servers on a busy machine: no test is a measurement. */
jest.setTimeout(300_000);
