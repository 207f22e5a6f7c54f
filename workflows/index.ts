/** The one list of workflow types that the worker bundles. */
export { adjustmentWorkflow } from './adjustment';
export { availabilityWorkflow } from './availability';
export { breakWorkflow } from './break';
export { checkoutWorkflow } from './checkout';
export { disputeWorkflow } from './dispute';
export { housekeepingWorkflow } from './housekeeping';
export { ledgerChainWorkflow, ledgerCheckWorkflow } from './ledger-upkeep';
export { paymentOrderWorkflow } from './payment-order';
export { payoutWorkflow } from './payout';
export { proofWorkflow } from './proof';
export { pspEventsWorkflow } from './psp-events';
export { nightlyReconciliationWorkflow, reconciliationWorkflow, reportMailWorkflow } from './reconciliation';
export { refundWorkflow } from './refund';
export { scheduledPayoutWorkflow } from './scheduled-payout';
export { settlementFileWorkflow } from './settlement-file';
export { strayPaymentWorkflow } from './stray-payment';
export { sweeperWorkflow } from './sweeper';
export { webhookDeliveryWorkflow } from './webhook-delivery';
