import type { TraceContext } from '../entra/connection.ts'

export interface CredentialContext {
  readonly clientId: string
  readonly tenant: string
  readonly tokenEndpoint: string
  readonly trace: TraceContext
}

export type FormField = readonly [name: string, value: string]

/** What an application proves itself with, as the fields of a token request. */
export interface ClientCredential {
  /** @throws when the credential cannot be loaded. */
  authenticate(context: CredentialContext): Promise<readonly FormField[]>
}

/** A JWT that speaks for the application (RFC 7523). */
export function assertionFields(assertion: string): readonly FormField[] {
  return [
    ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['client_assertion', assertion],
  ]
}
