import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scopesOfRole } from '../api/operator-token';
import { operations } from '../api/openapi/operations';
import { claimOfRole, ownRolePurposes, ownRoles, rolePurposes, roles, type OwnRole, type Role } from '../domain/roles';
import { buyerScope } from '../api/scopes';

/**
 * `npm run access`: writes docs/access.md, who may do what, from the API's description and the roles; with `--check`, says whether it is
 * up to date. A test calls every one of these calls with every one of these roles.
 */
const file = join(__dirname, '..', 'docs', 'access.md');

const may = (role: Role | OwnRole, { scope, orScope, own: ofSeller }: (typeof operations)[number]): string => {
  if (role === 'buyer') return scope === buyerScope ? '1' : '';
  if (role === 'seller') return ofSeller === undefined ? '' : ofSeller.scope.endsWith(':write') ? '2' : '1';
  const own = scopesOfRole[role];
  if (!own.includes(scope) && !(orScope !== undefined && own.includes(orScope))) return '';
  return scope.endsWith(':write') ? '2' : '1';
};
const rows = operations.map((operation) => {
  const { method, path, scope, orScope } = operation;
  const scopes = [scope, ...(orScope === undefined ? [] : [orScope])].map((one) => `\`${one}\``).join(' or ');
  const columns = [...roles, ...ownRoles].map((role) => may(role, operation));
  return `| \`${method.toUpperCase()} ${path}\` | ${scopes} | ${columns.join(' | ')} |`;
});
const text = `# Who may do what

Made by \`npm run access\` from the API's description and the roles (\`domain/roles.ts\`, \`api/operator-token.ts\`); a check keeps it so, and
\`tests/integration/access.test.ts\` makes every call with every role.

An API key may do what its scopes say. A person may do what their roles say: **1** after signing in, **2** only with a second factor that was shown in
the last quarter of an hour. Nothing: 403. What changes something and is left empty everywhere is for API keys alone.

${roles.map((role) => `- **${role}** (claim \`${claimOfRole(role)}\`): ${rolePurposes[role]}.`).join('\n')}
- **seller** (claims \`${claimOfRole('seller')}\` and \`paysaga_sellers\`): ${ownRolePurposes.seller}. What is another seller's is refused, whether or not there is one.
- **buyer** (claims \`email\` and \`email_verified\`): ${ownRolePurposes.buyer}.

\`PUT /v1/sellers/{id}\` with nothing but \`kyc_status\` is for \`ops:write\`, so for ops; a seller's own has nothing but \`payout_account\`. On the sign-in service's own pages administration is for admin, with a
second factor and never about oneself; approvals are read by every role and decided by ops and finance; alarms are for ops; all else there is one's own.

| call | scope | ${[...roles, ...ownRoles].join(' | ')} |
|---|---|${[...roles, ...ownRoles].map(() => ':-:').join('|')}|
${rows.join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/access.md is not up to date: npm run access');
  process.exitCode = 1;
}
