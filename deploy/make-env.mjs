// Makes up every secret that docker-compose.temporal.yml asks for: node deploy/make-env.mjs > .env
// What can't be made up is empty at the end: the first operator's address, who push services turn to (mailto:…), the mail server, and the PSP's two secrets.
import { createECDH, randomBytes } from 'node:crypto';

const word = () => randomBytes(24).toString('base64url');
const key = () => randomBytes(32).toString('base64');
const services = ['PAYMENTS', 'WALLET', 'LEDGER', 'IDENTITY', 'PAYOUTS', 'EVENTS', 'RECONCILIATION', 'RISK', 'PEOPLE'];
// Signs web pushes (RFC 8292): each half in base64url, the private one whole with its leading zeros.
const pair = createECDH('prime256v1');
const vapidPublicKey = pair.generateKeys('base64url');
const vapidPrivateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()])
  .subarray(-32)
  .toString('base64url');
const secrets = {
  POSTGRES_PASSWORD: word(),
  ...Object.fromEntries(services.map((service) => [`${service}_PASSWORD`, word()])),
  PAYSAGA_SECRETS_KEY: key(),
  PAYLOAD_KEYS: `${new Date().toISOString().slice(0, 10)}:${key()}`,
  GRAFANA_PASSWORD: word(),
  PEOPLE_SECRET: key(),
  OIDC_CLIENT_SECRET: word(),
  PEOPLE_FIRST_OPERATOR_PASSWORD: word(),
  VAPID_PUBLIC_KEY: vapidPublicKey,
  VAPID_PRIVATE_KEY: vapidPrivateKey,
  PEOPLE_FIRST_OPERATOR: '',
  VAPID_SUBJECT: '',
  SMTP_URL: '',
  STRIPE_SECRET_KEY: '',
  STRIPE_WEBHOOK_SECRET: '',
};
console.log(
  Object.entries(secrets)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n'),
);
