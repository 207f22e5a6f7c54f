/** The one list of workflow types that the worker bundles. */
export { checkoutWorkflow } from './checkout';
export { paymentOrderWorkflow } from './payment-order';
export { pspEventsWorkflow } from './psp-events';
export { strayPaymentWorkflow } from './stray-payment';
export { sweeperWorkflow } from './sweeper';
