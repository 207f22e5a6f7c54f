/** The one list of workflow types that the worker bundles. */
export { checkoutWorkflow } from './checkout';
export { paymentOrderWorkflow } from './payment-order';
export { sweeperWorkflow } from './sweeper';
