import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec, type PayloadKey } from './payload-codec';

/** What the workflows' bundle must be made with where payloads are sealed. */
export const failureConverterPath = join(__dirname, 'failure-converter');

/** How workers load the workflows: sealed ones seal failures inside the sandbox, traced ones tell of their spans. */
export interface BundleKind {
  readonly sealed: boolean;
  readonly traced: boolean;
}

/** Where the bundle of a kind lies, beside the plain one. */
export const bundlePath = (path: string, { sealed, traced }: BundleKind): string =>
  path.replace(/\.js$/, `${sealed ? '.sealed' : ''}${traced ? '.traced' : ''}.js`);

/** How clients and workers turn values into what Temporal keeps: sealed where there are keys, plain where there are none. */
export function dataConverter(keys: readonly PayloadKey[]): { dataConverter?: DataConverter } {
  const [first, ...others] = keys;
  return first === undefined
    ? {}
    : { dataConverter: { payloadCodecs: [new EncryptionCodec([first, ...others])], failureConverterPath } };
}
