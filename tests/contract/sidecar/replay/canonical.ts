import type { EntraRequest, Json, RecordedCall, RecordedResponse } from './recording.ts'

/** Claims and header members that differ from run to run. */
const volatileMembers = new Set(['iat', 'nbf', 'exp', 'jti', 'x5t#S256'])

/**
 * Brings what was recorded and what was replayed into the same shape: times and random ids are left out, and each
 * token's `uti` becomes its number in order of appearance, so that a token from the cache differs from a new one.
 */
export class Canonical {
  readonly #tokens = new Map<string, string>()

  call({ response, entra = [] }: RecordedCall): Json {
    const asked = entra.map(request => this.#request(request))
    return { asked, response: response && this.#response(response) }
  }

  #request({ method, path, form }: EntraRequest): Json {
    if (!form) return { method, path }
    const fields = Object.entries(form).map(([name, value]) => [
      name,
      isAssertion(value) ? this.#token(value) : value,
    ])
    return { method, path, fields }
  }

  #response({ status, error, headers, body = '', tokenClaims }: RecordedResponse): Json {
    return { status, error, headers, body, tokenClaims: tokenClaims && this.#claims(tokenClaims) }
  }

  #token({ header, claims }: Assertion): Json {
    return { header: keepStable(header), claims: this.#claims(claims), members: Object.keys(claims).sort() }
  }

  #claims(claims: Json): Json {
    const { uti } = claims
    const stable = keepStable(claims)
    return typeof uti === 'string' ? { ...stable, uti: this.#number(uti) } : stable
  }

  #number(uti: string): string {
    const known = this.#tokens.get(uti) ?? `token ${this.#tokens.size + 1}`
    this.#tokens.set(uti, known)
    return known
  }
}

interface Assertion {
  readonly header: Json
  readonly claims: Json
}

function isAssertion(value: unknown): value is Assertion {
  return typeof value === 'object' && value !== null && 'claims' in value && 'header' in value
}

function keepStable(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !volatileMembers.has(name)))
}
