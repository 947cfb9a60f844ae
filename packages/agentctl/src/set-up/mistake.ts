/** A mistake of the user: the message says what is wrong and how to solve it. */
export class Mistake extends Error {
  override readonly name = 'Mistake'
  readonly fix: string

  constructor(cause: string, fix: string) {
    super(cause)
    this.fix = fix
  }
}
