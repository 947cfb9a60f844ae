/** A token for a person was wanted, and there is no person. The words are MSAL's. */
export class NoAccountError extends Error {
  override readonly name = 'NoAccountError'

  constructor() {
    super('No account or login hint was passed to the AcquireTokenSilent call. ')
  }
}

/** The request asks for what cannot be had; the sidecar tells its caller no more than 500. */
export class UnusableRequestError extends Error {
  override readonly name = 'UnusableRequestError'
}
