import type { SendEmail } from './email';
import type { SendPush } from './push';
import type { SendSms } from './sms';

/** By which ways people are written to, and what messages say of us. Ways that are left out are not there. */
export interface NotificationSettings {
  readonly sendEmail?: SendEmail;
  readonly sendSms?: SendSms;
  readonly sendPush?: SendPush;
  /** Where readers reach the API, for links of messages; null when nobody has said. */
  readonly publicUrl: string | null;
  /** Of the namespace. */
  readonly temporalUi: string | null;
}
