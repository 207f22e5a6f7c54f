import { parseArgs } from 'node:util';
import { opsVerbs, type OpsVerb } from '../domain/process';
import { apiOf, call, type Api } from './api';
import { runCommand, UsageError } from './environment';

const usage = `Usage: npm run -s ops -- attention [--kind K] [--json]
       npm run -s ops -- find ID [--json]
       npm run -s ops -- show PROCESS [--json]
       npm run -s ops -- VERB PROCESS --reason R [--outcome O] [--psp-reference P]
       npm run -s ops -- actions [--order ID] [--json]

  attention: what waits for a person now. find: all processes about an id of anything: a payment order, checkout, seller, refund, or an id of the PSP.
  PROCESS is kind:id as the lists show it, such as payment_order:order-1 or break:brk_…
  VERB is one of ${opsVerbs.join(', ')}; show says which of them a process takes now. Each is written down with who and why.
  actions: who has told what to which process, and why, the newest first.

Reads PAYSAGA_API_URL and PAYSAGA_API_KEY (scopes ops:read, ops:write), or else the local stack's run.json.`;

interface Process {
  readonly process_id: string;
  readonly status: string;
  readonly phase: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly seller_account: string | null;
  readonly started_at: string;
  readonly temporal_url: string | null;
}
interface Standing {
  readonly process_id: string;
  readonly status: string;
  readonly phase: string | null;
  readonly says: string | null;
  readonly since: string | null;
  readonly verbs: readonly OpsVerb[];
  readonly temporal_url: string | null;
}
interface Action {
  readonly recorded_at: string;
  readonly process_id: string;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
}

type Options = ReturnType<typeof readArguments>['values'];

const commands: Readonly<Record<string, (api: Api, about: string, options: Options) => Promise<void>>> = {
  attention: (api, _about, options) =>
    showProcesses(
      api,
      `needs_attention=true${options.kind === undefined ? '' : `&kind=${word(options.kind)}`}`,
      options,
    ),
  find: (api, about, options) => showProcesses(api, `about=${word(about)}`, options),
  show: async (api, about, { json }) => {
    const found = (await call(api, 'GET', `/v1/ops/processes/${word(about)}`)) as Standing | undefined;
    if (found === undefined) throw new UsageError(`there is no process ${about}: find looks for one`);
    if (json === true) console.log(JSON.stringify(found, null, 2));
    else showStanding(found);
  },
  actions: async (api, _about, { json, order }) => {
    const filter = order === undefined ? '' : `&payment_order_id=${word(order)}`;
    const { data } = (await call(api, 'GET', `/v1/ops/actions?limit=100${filter}`)) as { data: Action[] };
    if (json === true) console.log(JSON.stringify(data, null, 2));
    else if (data.length === 0) console.log('Nobody has done anything.');
    else
      console.table(
        data.map(({ recorded_at: at, process_id: process, action, actor, reason }) => ({
          at,
          process,
          action,
          actor,
          reason,
        })),
      );
  },
};

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [name = '', about = ''] = positionals;
  if (values.help === true || name === '') {
    console.log(usage);
    return name === '' && values.help !== true ? 2 : 0;
  }
  const command = commands[name];
  if (command !== undefined) {
    if ((name === 'find' || name === 'show') && about === '') throw new UsageError(`${name} what?`);
    await command(apiOf(), about, values);
    return 0;
  }
  const verb = opsVerbs.find((one) => one === name);
  if (verb === undefined) throw new UsageError(`there is no command ${name}`);
  if (about === '') throw new UsageError(`${verb} what? A process such as payment_order:order-1`);
  await tell(apiOf(), verb, about, values);
  return 0;
}

async function tell(api: Api, verb: OpsVerb, about: string, options: Options): Promise<void> {
  const { reason, outcome, 'psp-reference': reference } = options;
  if (reason === undefined) throw new UsageError('--reason is needed: it is written down');
  const { message, process } = (await call(api, 'POST', `/v1/ops/processes/${word(about)}/${verb}`, {
    reason,
    ...(outcome !== undefined && { outcome }),
    ...(reference !== undefined && { psp_reference: reference }),
  })) as { message: string; process: Standing };
  console.log(message);
  showStanding(process);
}

async function showProcesses(api: Api, query: string, { json }: Options): Promise<void> {
  const all: Process[] = [];
  for (let after = ''; ;) {
    const page = (await call(api, 'GET', `/v1/ops/processes?limit=100&${query}${after}`)) as {
      data: Process[];
      next_cursor: string | null;
    };
    all.push(...page.data);
    if (page.next_cursor === null) break;
    after = `&after=${page.next_cursor}`;
  }
  if (json === true) console.log(JSON.stringify(all, null, 2));
  else if (all.length === 0) console.log('Nothing.');
  else
    console.table(
      all.map((one) => ({
        process: one.process_id,
        status: one.status,
        phase: one.phase ?? '',
        amount: one.amount === null ? '' : `${one.amount} ${one.currency ?? ''}`,
        seller: one.seller_account ?? '',
        started: one.started_at,
      })),
    );
}

function showStanding({ process_id: id, status, phase, says, since, verbs, temporal_url: url }: Standing): void {
  console.log(`${id}: ${status}`);
  if (phase !== null)
    console.log(`  ${phase}${says === null || says === '' ? '' : `: ${says}`}, since ${since ?? '?'}`);
  if (verbs.length > 0) console.log(`  it takes: ${verbs.join(', ')}`);
  if (url !== null) console.log(`  ${url}`);
}

const word = encodeURIComponent;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        order: { type: 'string' },
        reason: { type: 'string' },
        outcome: { type: 'string' },
        'psp-reference': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

runCommand(main, usage);
