/** An error response of AWS STS. */
export class StsError extends Error {
  override readonly name = 'StsError'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

export const invalidToken = (message: string) => new StsError('InvalidIdentityToken', message)
