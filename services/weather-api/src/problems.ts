import { defineProblems, type ProblemKind } from '@entra-agents/service-kit'
import { tokenProblems } from '@entra-agents/tokens'

/** The problems of the weather API, beside the common ones. */
export const catalogue = {
  WEATHER_TOKEN_MISSING: tokenProblems.TOKEN_MISSING,
  WEATHER_TOKEN_REJECTED: {
    ...tokenProblems.TOKEN_REJECTED,
    hint: 'The failed check is in the response. Compare the token with TENANT_ID, WEATHER_API_APP_ID and ENTRA_AUTHORITY of this service, and get a fresh one if it expired.',
  },
  WEATHER_FORBIDDEN: {
    status: 403,
    title: 'The token is good, but does not carry the right that this call needs.',
    hint: 'Assign the app role Weather.Read.All, for alerts Alerts.ReadWrite.All, to the agent identity (autonomous) or grant it the scope Weather.Read or Alerts.ReadWrite (on behalf of a user), and list its client id in WEATHER_ALLOWED_CALLERS or AGENT_CLIENT_ID.',
  },
  WEATHER_CONTEXT_MISSING: {
    ...tokenProblems.CONTEXT_MISSING,
    hint: 'Let the user sign in again with the claims of the challenge, and get the token anew with these claims. The context is that of ALERTS_AUTH_CONTEXT.',
  },
  WEATHER_DENIED: {
    ...tokenProblems.DENIED,
    hint: 'Somebody switched it off on purpose. Find out why; to bring it back, take its row out of the list that WEATHER_DENY_LIST names (docs/kill-switch.md).',
  },
  DENY_LIST_UNAVAILABLE: {
    ...tokenProblems.DENY_LIST_UNAVAILABLE,
    hint: 'Check that WEATHER_DENY_LIST names a file or URL that is there, and a JSON array of rows; the log of this service says what is wrong. No token passes until then.',
  },
  SIGNING_KEYS_UNAVAILABLE: {
    ...tokenProblems.SIGNING_KEYS_UNAVAILABLE,
    hint: 'Check that this service reaches ENTRA_AUTHORITY (DNS, network policy, proxy) and that TENANT_ID is right. No token passes until then.',
  },
  CITY_NOT_FOUND: {
    status: 404,
    title: 'No city of that name is known.',
    hint: 'Check the spelling, or add the region or country: "Portland, Oregon".',
  },
  ALERT_NOT_FOUND: {
    status: 404,
    title: 'The caller has no such alert.',
    hint: 'GET /alerts lists the alerts of the user for whom the agent calls, or of the agent itself.',
  },
  ALERT_EXISTS: {
    status: 409,
    title: 'There is an alert for the same city and temperature, with another last day.',
    hint: 'Delete that one first, or leave it.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The idempotency key belongs to another call.',
    hint: 'Choose a new key for each call, and send the same one only to repeat the very same call.',
  },
  ALERT_LIMIT_REACHED: {
    status: 429,
    title: 'The owner has as many alerts, or has made as many calls that create some, as one owner may.',
    hint: 'Too many alerts: delete some that are no longer needed. Too many calls: wait, since each counts for 24 hours.',
  },
  ALERTS_BUSY: {
    status: 409,
    title: 'Another process is writing alerts at this moment.',
    hint: 'Send the same call again with the same key. If it lasts, see that only one replica of this service uses ALERTS_FILE.',
  },
  ALERTS_UNAVAILABLE: {
    status: 503,
    title: 'The file of the alerts cannot be read or written.',
    hint: 'See that the volume of ALERTS_FILE is there, writable and not full, and that the file is smaller than 256 MiB: look in it for owners with very many keys, and block their accounts. The log has the reason.',
  },
  WEATHER_UNAVAILABLE: {
    status: 503,
    title: 'The weather source is out of reach.',
    hint: 'Try again in a minute. Without internet access, set WEATHER_PROVIDER to auto or climate-normals.',
  },
} as const satisfies Record<string, ProblemKind>

export const problem = defineProblems(catalogue)
