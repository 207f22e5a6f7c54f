import { newId } from './contest';
import { closedLoop, median } from './measure';
import { table, type Part } from './report';
import { pay, readAt } from './shop';

const clients = 8;
const asked = 1_500;

/**
 * What sign-in costs those who come with an API key: one payment read from an API that takes people's tokens, and from one that takes none,
 * in turns, so that whatever else the machine does is shared by both.
 */
export const keys: Part = async ({ ground, rounds, say }) => {
  const id = newId('keys');
  await pay(ground.run, { id, orders: 1, wait: true });
  const nobody = { OIDC_ISSUER: undefined, OIDC_AUDIENCE: undefined, OIDC_CLIENT_SECRET: undefined };
  const [signIn, none] = [await ground.startApi({}), await ground.startApi(nobody)];
  try {
    const perSecond = async (url: string): Promise<number> =>
      (await closedLoop(asked, clients, () => readAt(url, ground.run, `/v1/payments/${id}-1`))).perSecond;
    for (const { url } of [signIn, none]) await perSecond(url);
    const results: { readonly with: number; readonly without: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Who goes first changes, too.
      const first = round % 2 === 0 ? signIn : none;
      const one = await perSecond(first.url);
      const other = await perSecond((first === signIn ? none : signIn).url);
      const result = first === signIn ? { with: one, without: other } : { with: other, without: one };
      results.push(result);
      say(`round ${String(round + 1)}: ${(result.with / result.without).toFixed(3)}`);
    }
    const ratio = median(results.map((one) => one.with / one.without));
    return {
      figures: { ratio, rounds: results },
      tables: [
        table([
          ['reads with an API key', 'per second'],
          ['where people sign in', median(results.map((one) => one.with)).toFixed(0)],
          ['where nobody does', median(results.map((one) => one.without)).toFixed(0)],
          ['ratio', ratio.toFixed(3)],
        ]),
      ],
    };
  } finally {
    await signIn.stop();
    await none.stop();
  }
};
