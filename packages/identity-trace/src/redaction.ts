/** Compact JWS and JWE, and whatever follows `Bearer ` or `Basic `. */
const secretShapes = [
  /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}/g,
  /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{16,}/gi,
] as const
const minSecretLength = 'eyJ12345678.'.length

/** Whether a text may contain something to redact. Few texts do, and this check is much faster than redaction. */
export function mayHoldSecret(text: string): boolean {
  return text.length >= minSecretLength && /eyJ|bearer|basic/i.test(text)
}

/** Replaces everything in a text that looks like a token or credential. For log lines, problem details and traces. */
export function redactText(text: string): string {
  if (!mayHoldSecret(text)) return text
  return text
    .replace(secretShapes[0], '‹token removed›')
    .replace(secretShapes[1], (_match, scheme: string) => `${scheme} ‹removed›`)
}

/** Claims that name, locate or identify a user. The page masks them until the user asks to see them. */
export const personalClaims: ReadonlySet<string> = new Set([
  'name',
  'given_name',
  'family_name',
  'nickname',
  'preferred_username',
  'unique_name',
  'upn',
  'email',
  'verified_primary_email',
  'verified_secondary_email',
  'ctry',
  'ipaddr',
  'login_hint',
  'deviceid',
  'onprem_sid',
  'puid',
  'sid',
  'xms_st',
])
