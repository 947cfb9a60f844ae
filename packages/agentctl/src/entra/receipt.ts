import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Mistake } from '../set-up/mistake.ts'
import type { Settings } from './settings.ts'

/** An object that a run made in the tenant. */
export interface RecordedObject {
  readonly id: string
  readonly appId?: string
  readonly recordedAt: string
}

/** What the set-up made, and in which tenant; never holds a secret. */
export interface Receipt {
  readonly version: 1
  readonly tenantId: string
  /** Stands in the description of each application, so that a run finds what an interrupted run has made. */
  readonly setUpId: string
  readonly settings: Settings
  /** The settings before the changes of a run of `apply` that is not finished. */
  readonly earlier?: Settings | undefined
  /** The users who created the recorded objects: Entra makes the creator of an object its owner. */
  readonly makers?: readonly string[]
  /** Agents that `disable` switched off. */
  readonly disabledAgents: readonly string[]
  readonly objects: Readonly<Record<string, RecordedObject>>
  /** The object that Graph was asked to make and has not confirmed. */
  readonly creating: { readonly key: string; readonly askedAt: string } | null
}

/** The receipt as a file, written anew with every change. */
export class ReceiptFile {
  readonly path: string
  #receipt: Receipt | undefined

  /**
   * Reads the file. If the id of a set-up is given as `adopted`, starts without a receipt, and renames a file that is no receipt.
   *
   * @throws {Mistake} without `adopted`, if the file is no receipt; with `adopted`, if it is the receipt of another set-up
   */
  constructor(path: string, adopted?: string) {
    this.path = path
    if (adopted === undefined) this.#receipt = readReceipt(path)
    else if (existsSync(path)) setAside(path, adopted)
  }

  get content(): Receipt | undefined {
    return this.#receipt
  }

  /** Puts the settings into the receipt, or into a new one without objects; does not write the file yet. */
  begin(tenantId: string, settings: Settings): Receipt {
    const setUpId = randomUUID().slice(0, 8)
    const empty = { version: 1, setUpId, disabledAgents: [], objects: {}, creating: null } as const
    const earlier = this.#receipt?.earlier ?? this.#receipt?.settings
    this.#receipt = { ...(this.#receipt ?? { ...empty, tenantId }), settings, earlier }
    return this.#receipt
  }

  change(change: Partial<Receipt>): void {
    if (!this.#receipt) throw new Error('There is no receipt to change.')
    this.write({ ...this.#receipt, ...change })
  }

  record(key: string, recorded: RecordedObject): void {
    this.change({ objects: { ...this.#receipt?.objects, [key]: recorded }, creating: null })
  }

  /** Writes the receipt atomically: a run that is killed leaves the old or the new one. */
  write(receipt: Receipt): void {
    this.#receipt = receipt
    const beside = `${this.path}.new`
    writeFileSync(beside, `${JSON.stringify(receipt, undefined, 2)}\n`)
    renameSync(beside, this.path)
  }

  forget(key: string): void {
    const { [key]: _gone, ...objects } = this.#receipt?.objects ?? {}
    this.change({ objects })
  }

  delete(): void {
    rmSync(this.path, { force: true })
    this.#receipt = undefined
  }
}

/** The receipt in a file; `undefined` if there is no such file. @throws {Mistake} when the file is no receipt. */
function readReceipt(path: string): Receipt | undefined {
  if (!existsSync(path)) return undefined
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isReceipt(content)) return content
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Mistake(
    `${path} is no receipt of this tool.`,
    'Name another file with --receipt, or have this one written anew: status --adopt <set-up id>, which the descriptions of the applications name in brackets.',
  )
}

function isReceipt(content: unknown): content is Receipt {
  if (typeof content !== 'object' || content === null || !('version' in content)) return false
  return content.version === 1 && ['setUpId', 'settings', 'objects'].every(name => name in content)
}

/** Renames a file that is no receipt, since a receipt is written in its place. */
function setAside(path: string, adopted: string): void {
  let known: Receipt | undefined
  try {
    known = readReceipt(path)
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    renameSync(path, `${path}.unreadable`)
  }
  if (known && known.setUpId !== adopted)
    throw new Mistake(
      `${path} is the receipt of the set-up ${known.setUpId}.`,
      `Name a new file with --receipt for the set-up ${adopted}.`,
    )
}
