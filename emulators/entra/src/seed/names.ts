import { stableId } from '../directory/graph-permissions.ts'

export type Fault = (sentence: string) => void

/** Gives ids, and sees to it that no two things have the same. */
export class Ids {
  readonly #tenant: string
  readonly #fault: Fault
  readonly #owners = new Map<string, string>()

  constructor(tenant: string, fault: Fault) {
    this.#tenant = tenant
    this.#fault = fault
  }

  /** The id that the file sets, or one that is derived from the names of the tenant and of the thing, such as `app "orders"`. */
  of(thing: string, set?: string): string {
    const id = set?.toLowerCase() ?? stableId(`${this.#tenant} ${thing}`)
    this.claim(id, thing)
    return id
  }

  /** Reserves an id, or another value that only one thing may have. */
  claim(value: string, thing: string): void {
    const owner = this.#owners.get(value)
    if (owner === undefined) this.#owners.set(value, thing)
    else if (owner === thing) this.#fault(`${thing} is there twice`)
    else this.#fault(`${thing} has ${value}, which ${owner} has too`)
  }
}

/** The things of a kind by their names. */
export class Names<Thing> extends Map<string, Thing> {
  readonly #kind: string
  readonly #fault: Fault

  constructor(kind: string, fault: Fault) {
    super()
    this.#kind = kind
    this.#fault = fault
  }

  /** @param sentence what the file says, such as `user "ada" is in`; a wrong name ends it, and the right ones follow */
  find(name: string, sentence: string): Thing | undefined {
    const existing = list([...this.keys()], 'is')
    if (!this.has(name))
      this.#fault(`${sentence} ${quote(name)}, which is no ${this.#kind}; there ${existing}`)
    return this.get(name)
  }
}

const longestList = 20

/** Names after a verb, in words. */
export function list(names: readonly string[], verb: string): string {
  const more = names.length - longestList
  const shown = names.slice(0, longestList).join(', ') || 'none'
  return `${verb} ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

/** A text from the file, in quotation marks. */
export function quote(text: string): string {
  return JSON.stringify(text)
}
