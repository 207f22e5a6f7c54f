import type { z } from 'zod';
import type { merchantChangeBody } from './api/schemas';
import {
  fxRulesFrom,
  notificationRulesFrom,
  policiesFrom,
  payoutRulesFrom,
  reconciliationRulesFrom,
} from './domain/policies';
import type { MerchantChange, MerchantRecord } from './prisma/identity';
import { seal } from './providers/secret-box';

/** What the API and the command are told of a merchant, ready to be kept: its secrets sealed. */
export function merchantChange(
  merchantId: string,
  said: z.infer<typeof merchantChangeBody>,
  secretsKey: Buffer,
): MerchantChange {
  const { name, time_zone: timeZone, return_urls: returnUrls, policies, psp } = said;
  const sealed = (secret: string | undefined) => (secret === undefined ? null : seal(secret, secretsKey, merchantId));
  return {
    ...(name !== undefined && { name }),
    ...(timeZone !== undefined && { timeZone }),
    ...(returnUrls !== undefined && { returnUrls }),
    ...(policies !== undefined && {
      policies: {
        platformFeeOnRefund: policies.platform_fee_on_refund,
        disputeLoss: policies.dispute_loss,
        disputeFee: policies.dispute_fee,
        payouts: {
          approvalAbove: policies.payouts?.approval_above,
          coolingHours: policies.payouts?.cooling_hours,
          accountChanges: policies.payouts?.account_changes,
        },
        reconciliation: { approvalAbove: policies.reconciliation?.approval_above },
        fx: {
          spreadBasisPoints: policies.fx?.spread_basis_points,
          quoteSeconds: policies.fx?.quote_seconds,
          reportingCurrency: policies.fx?.reporting_currency,
        },
        notifications: {
          tellBuyers: policies.notifications?.tell_buyers,
          tellSellers: policies.notifications?.tell_sellers,
          locale: policies.notifications?.locale,
        },
      },
    }),
    ...(psp !== undefined && {
      psp: {
        secretKeySealed: sealed(psp.secret_key),
        webhookSecretSealed: sealed(psp.webhook_secret),
        previousWebhookSecretSealed: sealed(psp.previous_webhook_secret),
        livemode: /^.k_live_/.test(psp.secret_key),
      },
    }),
  };
}

/** A merchant as the platform sees it: its policies as they hold, and no secret. */
export function renderMerchant({ merchantId, name, returnUrls, policies, createdAt, pspAccount }: MerchantRecord) {
  const { platformFeeOnRefund, disputeLoss, disputeFee } = policiesFrom(policies);
  const { approvalAbove, coolingHours, accountChanges } = payoutRulesFrom(policies);
  const { spreadBasisPoints, quoteSeconds, reportingCurrency } = fxRulesFrom(policies);
  const { tellBuyers, tellSellers, locale } = notificationRulesFrom(policies);
  return {
    merchant_id: merchantId,
    name,
    time_zone: pspAccount?.timeZone ?? 'UTC',
    return_urls: returnUrls,
    policies: {
      platform_fee_on_refund: platformFeeOnRefund,
      dispute_loss: disputeLoss,
      dispute_fee: disputeFee,
      payouts: { approval_above: approvalAbove, cooling_hours: coolingHours, account_changes: accountChanges },
      reconciliation: { approval_above: reconciliationRulesFrom(policies).approvalAbove },
      fx: {
        spread_basis_points: spreadBasisPoints,
        quote_seconds: quoteSeconds,
        reporting_currency: reportingCurrency,
      },
      notifications: { tell_buyers: tellBuyers, tell_sellers: tellSellers, locale },
    },
    psp: {
      provider: pspAccount?.provider ?? null,
      has_own_account: pspAccount?.hasSecrets ?? false,
      livemode: pspAccount?.livemode ?? null,
    },
    created_at: createdAt.toISOString(),
  };
}
