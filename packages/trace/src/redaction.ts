const minSecretLength = 'eyJ12345678.'.length
/** How many parts a compact JWE has; a JWS has three. */
const maxTokenParts = 5

/** Whether a text may contain something to redact. Few texts do, and this check is much faster than redaction. */
export function mayHoldSecret(text: string): boolean {
  return text.length >= minSecretLength && /eyJ|bearer|basic/i.test(text)
}

/**
 * Replaces everything in a text that looks like a token or credential: compact JWS and JWE, and whatever follows `Bearer ` or
 * `Basic `. For log lines, problem details and traces. Takes linear time whatever the text.
 */
export function redactText(text: string): string {
  if (!mayHoldSecret(text)) return text
  return text
    .replace(/[\w.-]+/g, redactTokens)
    .replace(
      /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{16,}/gi,
      (_match, scheme: string) => `${scheme} ‹removed›`,
    )
}

/** Redacts a run of the characters of tokens. One expression for whole tokens would read the run anew from each `eyJ`. */
function redactTokens(run: string): string {
  if (!run.includes('eyJ')) return run
  const parts = run.split('.')
  const kept: string[] = []
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? ''
    const start = at + 1 < parts.length ? part.search(/\beyJ[\w-]{8}/) : -1
    kept.push(start < 0 ? part : `${part.slice(0, start)}‹token removed›`)
    if (start >= 0) at += maxTokenParts - 1
  }
  return kept.join('.')
}
