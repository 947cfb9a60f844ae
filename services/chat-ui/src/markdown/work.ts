/** No text needs this much. A mistake in the parser then costs its formatting and does not freeze the page. */
const stepsPerCharacter = 200

/** Containers in containers and emphasis in emphasis, beyond which text stands as it is. */
export const deepestNesting = 12

/** Counts the steps of reading a text: characters looked at, and pieces looked back at. */
export class Work {
  readonly #limit: number
  #steps = 0

  constructor(characters: number) {
    this.#limit = stepsPerCharacter * (characters + 1)
  }

  get steps(): number {
    return this.#steps
  }

  /** Throws a TooMuchWork beyond the limit. */
  spend(steps: number): void {
    this.#steps += steps
    if (this.#steps > this.#limit) throw new TooMuchWork()
  }
}

export class TooMuchWork extends Error {}
