/** A user token was wanted and no user is there. */
export class NoAccountError extends Error {
  override readonly name = 'NoAccountError'

  constructor() {
    super('No account or login hint was passed to the AcquireTokenSilent call. ')
  }
}
