import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';

/** What a step does here: nothing. */
export interface FloorActivities {
  nothing(step: string): Promise<void>;
}

/**
 * The floor that Paysaga is measured against, and pinned: a checkout as one would first write it, with nothing in it. A parent, one
 * child per order, three ordinary activities in each.
 */
export async function floorCheckout(orders: number): Promise<void> {
  const { workflowId } = workflowInfo();
  await Promise.all(
    Array.from({ length: orders }, (_, index) =>
      executeChild(floorOrder, { workflowId: `${workflowId}/${String(index)}` }),
    ),
  );
}

export async function floorOrder(): Promise<void> {
  const { nothing } = proxyActivities<FloorActivities>({ startToCloseTimeout: '10 seconds' });
  await nothing('charge');
  await nothing('wallet');
  await nothing('ledger');
}

const keywords = ['MerchantId', 'Kind', 'BusinessId', 'CheckoutId', 'PaymentOrderId', 'SellerId', 'Currency'].map(
  (name) => defineSearchAttributeKey(name, 'KEYWORD'),
);
const amount = defineSearchAttributeKey('AmountMinor', 'INT');

const described = (id: string) => ({
  parentClosePolicy: ParentClosePolicy.ABANDON,
  staticSummary: '10.00 EUR for a seller',
  typedSearchAttributes: new TypedSearchAttributes([
    ...keywords.map((key) => ({ key, value: id })),
    { key: amount, value: 1_000 },
  ]),
});

/**
 * Paysaga's own shape, emptied: what its checkout asks of Temporal, and nothing of what it does. Changes with
 * `workflows/checkout.ts` and `workflows/payment-order.ts`.
 */
export async function shapeCheckout(orders: number): Promise<void> {
  const { workflowId } = workflowInfo();
  await local.nothing('attach the card');
  await Promise.all(
    Array.from({ length: orders }, (_, index) => {
      const id = `${workflowId}/${String(index)}`;
      return executeChild(shapeOrder, { workflowId: id, ...described(id) });
    }),
  );
  await local.nothing('finish');
}

export async function shapeOrder(): Promise<void> {
  await local.nothing('charge');
  await local.nothing('book');
}

/** The same for a checkout of one order with its card, which is that order's run alone and ends with its booking. */
export const shapeAlone = (): Promise<void> => shapeOrder();

/** The same if it had a run of its own and a child: what that would cost. */
export async function shapeWithChild(): Promise<void> {
  const { workflowId } = workflowInfo();
  await executeChild(shapeOrder, { workflowId: `${workflowId}/0`, ...described(`${workflowId}/0`) });
  await local.nothing('finish');
}

const local = proxyLocalActivities<FloorActivities>({ startToCloseTimeout: '5 seconds' });
