/** What the caller can mend before anything is done. */
export class Mistake extends Error {
  override readonly name = 'Mistake'
  readonly fix: string

  constructor(cause: string, fix: string) {
    super(cause)
    this.fix = fix
  }
}
