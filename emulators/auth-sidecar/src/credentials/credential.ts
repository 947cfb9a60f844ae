export type FormFields = Readonly<Record<string, string>>

/** Proves who a client is, by form fields of a token request. */
export type ClientCredential = (request: { clientId: string; tokenEndpoint: string }) => Promise<FormFields>

/** The form fields for a client assertion (RFC 7523). */
export const assertionFields = (assertion: string): FormFields => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
})
