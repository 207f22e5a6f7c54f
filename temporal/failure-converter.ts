import { DefaultFailureConverter } from '@temporalio/common';

/** Puts a failure's message and stack into a payload, where the codec seals them. Loaded by path, also into the workflows' bundle. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
