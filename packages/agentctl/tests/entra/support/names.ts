import { seedIds } from '../../../../../emulators/entra/src/testing/seed-ids.ts'
import { tenantId } from '../../../../../emulators/entra/src/testing/start-entra.ts'
import type { Workplace } from './workplace.ts'

/** The names that take the place of ids in golden texts, which so are equal for equal set-ups. */
export class Names {
  readonly #names = new Map([[tenantId, 'tenant']])

  constructor() {
    for (const [name, id] of Object.entries(seedIds)) this.#names.set(id, name)
  }

  learn({ setUpId, objects }: Workplace['receipt']): void {
    for (const [key, { id, appId }] of Object.entries(objects)) {
      this.#add(id, key)
      if (appId) this.#add(appId, `client ${key}`)
    }
    this.#add(setUpId, 'set-up')
  }

  #add(id: string, name: string): void {
    if (!this.#names.has(id)) this.#names.set(id, name)
  }

  /** The text with ids in place of names. A name is that of the object that was learnt last. */
  putIdsInto(text: string): string {
    return [...this.#names].reverse().reduce((sum, [id, name]) => sum.replaceAll(`<${name}>`, id), text)
  }

  /** The text with names in place of ids, folders and addresses; ids in the column of a result keep its width. */
  replaceIn(text: string): string {
    const named = [...this.#names].reduce((sum, [id, name]) => {
      const inColumn = new RegExp(`(?<=^.{14})${id}`, 'gm')
      return sum.replaceAll(inColumn, `<${name}>`.padEnd(id.length)).replaceAll(id, `<${name}>`)
    }, text)
    return named
      .replaceAll(/(?<=^.{14})[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gm, '<id>'.padEnd(36))
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
      .replaceAll(/(?<=serialNumber=)[0-9a-f]+/g, '<number>')
      .replaceAll(/(?<=process )\d+/g, '<number>')
      .replaceAll(/[\d.]+ s after Enter/g, '<time> after Enter')
      .replaceAll(/ +$/gm, '')
  }
}
