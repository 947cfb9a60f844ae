/** Entra said no, or could not say anything useful. The sidecar answers 401 with this message. */
export class EntraRefusalError extends Error {
  override readonly name = 'EntraRefusalError'
  /** The AADSTS numbers of the answer. */
  readonly codes: readonly number[]
  /** OAuth's `error` of the answer. */
  readonly oauthError: string | undefined

  constructor(message: string, oauthError?: string, codes: readonly number[] = []) {
    super(message)
    this.oauthError = oauthError
    this.codes = codes
  }
}

/** An attempt towards Entra got no answer in time. */
export class EntraTimeoutError extends Error {
  override readonly name = 'EntraTimeoutError'
}
