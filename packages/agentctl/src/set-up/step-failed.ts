/** A step that failed, in words: what, why, and what to do about it. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
  readonly code: string
  readonly failed: string
  override readonly cause: string
  readonly fix: string

  constructor(title: string, code: string, cause: string, fix: string) {
    super(title)
    this.code = code
    this.failed = `${title} (${code})`
    this.cause = cause
    this.fix = fix
  }
}
