/** A value that is made when it is first needed, and kept. If it cannot be made, the next call tries again. */
export class OnDemand<Value> {
  readonly #make: () => Promise<Value>
  #made: Promise<Value> | undefined

  constructor(make: () => Promise<Value>) {
    this.#make = make
  }

  get(): Promise<Value> {
    this.#made ??= this.#make().catch(error => {
      this.#made = undefined
      throw error
    })
    return this.#made
  }

  /** Hands the value over to be closed, if it was made or is being made. */
  async close(close: (made: Value) => unknown): Promise<void> {
    await this.#made?.then(close, () => 'there is nothing to close')
  }
}
