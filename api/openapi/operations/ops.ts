import { z } from 'zod';
import { opsVerbs, processKinds, type OpsVerb } from '../../../domain/process';
import { actionCursor, phasePattern, processCursor, processId } from '../../ops';
import { wordBodies } from '../../schemas';
import { actionAnswer, page, processAnswer, standingAnswer, wordAnswer } from '../answers';
import { identifier, paged, time, type Operation } from '../operation';

const words: Readonly<Record<OpsVerb, { readonly id: string; readonly summary: string; readonly more?: object }>> = {
  retry: { id: 'retryProcess', summary: 'Have what failed tried again now' },
  supply_outcome: {
    id: 'supplyOutcome',
    summary: "Say what became of it, as read off the PSP's own dashboard",
    more: { outcome: 'succeeded', psp_reference: 'pi_123' },
  },
  abandon: { id: 'abandonProcess', summary: 'Give up a payment that has not happened' },
  compensate: { id: 'compensateProcess', summary: 'Have everything undone that has happened' },
  approve: { id: 'approveProcess', summary: 'Agree to what needs the consent of persons' },
  reject: { id: 'rejectProcess', summary: 'Refuse it' },
  resolve: {
    id: 'resolveProcess',
    summary: 'Settle a mismatch of the reconciliation',
    more: { outcome: 'explained' },
  },
};

/** Ops: processes found by what one knows, how they stand, and what persons tell them. */
export const opsOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/ops/processes',
    id: 'listProcesses',
    tag: 'Ops',
    summary: 'Processes by what is known of them, the newest first',
    description:
      'Read from Temporal, a moment behind. `about` is an id of anything: payment order, checkout, seller, refund, payout, or an id of the PSP.',
    scope: 'ops:read',
    query: z.object({
      ...paged(z.string().regex(processCursor)),
      about: identifier.optional(),
      kind: z.enum(processKinds).optional(),
      needs_attention: z.enum(['true', 'false']).optional(),
      running: z.enum(['true', 'false']).optional(),
      phase: z.string().regex(phasePattern).optional(),
      started_before: time.optional(),
    }),
    answers: { 200: page(processAnswer) },
    problems: ['workflows-unavailable'],
  },
  {
    method: 'get',
    path: '/v1/ops/processes/{id}',
    id: 'getProcess',
    tag: 'Ops',
    summary: 'How a process stands by its own word, and what a person may tell it',
    scope: 'ops:read',
    idPattern: processId,
    answers: { 200: standingAnswer },
    problems: ['workflows-unavailable'],
  },
  ...opsVerbs.map((verb): Operation => ({
    method: 'post',
    path: `/v1/ops/processes/{id}/${verb}`,
    id: words[verb].id,
    tag: 'Ops',
    summary: words[verb].summary,
    description: 'Refused with a sentence when it is not legal in this phase. Who it was and why is written down.',
    scope: 'ops:write',
    idPattern: processId,
    body: wordBodies[verb],
    example: { reason: 'the card network has confirmed it', ...words[verb].more },
    answers: { 200: wordAnswer },
    problems: ['not-legal-now', 'already-final', 'workflows-unavailable'],
  })),
  {
    method: 'get',
    path: '/v1/ops/actions',
    id: 'listOpsActions',
    tag: 'Ops',
    summary: 'What persons have told processes, with who and why, the newest first',
    scope: 'ops:read',
    query: z.object({
      ...paged(z.string().regex(actionCursor)),
      actor: z.string().min(1).max(200).optional(),
      payment_order_id: identifier.optional(),
    }),
    answers: { 200: page(actionAnswer) },
  },
];
