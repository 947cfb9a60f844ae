export interface RefusalFacts {
  /** OAuth's `error`. */
  readonly error?: string | undefined
  readonly suberror?: string | undefined
  /** The whole body of Entra's answer. */
  readonly body?: string
}

const suberrorsWithoutInteraction = new Set(['client_mismatch', 'protection_policy_required'])

/** Codes after which another client certificate or assertion might do; Microsoft.Identity.Web then tries once more. */
const credentialCodes = ['700027', '700024', '7000214', '1000502', '7000274', '7000277']

/** Entra said no, or had nothing useful to say. */
export class EntraRefusalError extends Error {
  override readonly name = 'EntraRefusalError'
  readonly facts: RefusalFacts

  constructor(message: string, facts: RefusalFacts = {}) {
    super(message)
    this.facts = facts
  }

  /** Whether a person could mend it: MSAL tells such refusals from all others. */
  get needsInteraction(): boolean {
    const { error, suberror } = this.facts
    if (error === 'interaction_required') return true
    return error === 'invalid_grant' && !suberrorsWithoutInteraction.has(suberror ?? '')
  }

  /** Whether the client's own credential was refused in a way that a fresh one may overcome. */
  get doubtsCredential(): boolean {
    const { error, body = '' } = this.facts
    return error === 'invalid_client' && credentialCodes.some(code => body.includes(`AADSTS${code}`))
  }
}

/** An attempt towards Entra got no answer in time. */
export class EntraTimeoutError extends Error {
  override readonly name = 'EntraTimeoutError'
}
