import type { NotificationSettings } from './notifications/settings';
import { temporalUiOf, type WorkerConfig } from './config';
import { emailWay } from './notifications/email';

/** By which ways a worker writes to people: those that are configured. The SDKs are loaded where they are used, not at each start. */
export async function notificationWays(config: WorkerConfig): Promise<NotificationSettings> {
  const { SMTP_URL: smtpUrl, NOTIFICATION_MAIL_FROM: from, PUBLIC_API_URL: publicUrl } = config;
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_FROM: number } = config;
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT: subject } = config;
  const sms =
    accountSid !== undefined && authToken !== undefined && number !== undefined
      ? { accountSid, authToken, from: number, url: config.TWILIO_API_URL }
      : undefined;
  const push =
    publicKey !== undefined && privateKey !== undefined && subject !== undefined
      ? { publicKey, privateKey, subject }
      : undefined;
  return {
    ...(smtpUrl !== undefined && { sendEmail: emailWay({ smtpUrl, from }) }),
    ...(sms !== undefined && { sendSms: (await import('./notifications/sms.js')).smsWay(sms) }),
    ...(push !== undefined && {
      sendPush: (await import('./notifications/push.js')).pushWay(push, { allowLoopback: config.WEBHOOKS_TO_LOOPBACK }),
    }),
    publicUrl: publicUrl ?? null,
    temporalUi: temporalUiOf(config),
  };
}
