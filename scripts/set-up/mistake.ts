/** What the caller has to mend: what is wrong, and how. */
export class Mistake extends Error {
  override readonly name = 'Mistake'
  readonly fix: string

  constructor(cause: string, fix: string) {
    super(cause)
    this.fix = fix
  }
}
