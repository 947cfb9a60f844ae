export type FormField = readonly [name: string, value: string]

/** A client credential, as form fields of a token request. */
export interface ClientCredential {
  authenticate(context: { clientId: string; tokenEndpoint: string }): Promise<readonly FormField[]>
}

/** The form fields for a client assertion (RFC 7523). */
export function assertionFields(assertion: string): readonly FormField[] {
  return [
    ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['client_assertion', assertion],
  ]
}
