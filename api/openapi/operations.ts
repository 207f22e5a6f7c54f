import type { Operation } from './operation';
import { accessOperations } from './operations/access';
import { buyersOperations } from './operations/buyers';
import { financeOperations } from './operations/finance';
import { fxOperations } from './operations/fx';
import { subscriptionsOperations } from './operations/subscriptions';
import { notificationsOperations } from './operations/notifications';
import { opsOperations } from './operations/ops';
import { paymentsOperations } from './operations/payments';
import { riskOperations } from './operations/risk';
import { sellersOperations } from './operations/sellers';

/** Every call of the API. A test proves that these are the routes there are, and no others. */
export const operations: readonly Operation[] = [
  ...paymentsOperations,
  ...sellersOperations,
  ...buyersOperations,
  ...fxOperations,
  ...subscriptionsOperations,
  ...riskOperations,
  ...accessOperations,
  ...notificationsOperations,
  ...financeOperations,
  ...opsOperations,
];
