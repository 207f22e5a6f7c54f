export const temporalVersion: string;
export const stripeMockVersion: string;
export const cacheFolder: string;
export const stripeOpenApi: string;
export function findOnPath(name: string): string | undefined;
export function findTemporal(): string | undefined;
export function findStripeMock(): string | undefined;
export function findChromium(): string | undefined;
