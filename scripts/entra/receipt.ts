import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Mistake } from './mistake.ts'
import type { Settings } from './settings.ts'

/** An object of the tenant that a run made. */
export interface Recorded {
  readonly id: string
  readonly appId?: string
  readonly recordedAt: string
}

/** What was made in which tenant; never a secret. */
export interface Receipt {
  readonly version: 1
  readonly tenantId: string
  /** Stands in the description of every application that was made, so that a broken-off run finds it again. */
  readonly setUpId: string
  readonly settings: Settings
  /** Agents that `disable` switched off. */
  readonly disabledAgents: readonly string[]
  readonly objects: Readonly<Record<string, Recorded>>
}

/** The receipt as a file, written anew with every change. */
export class ReceiptFile {
  readonly path: string
  #receipt: Receipt | undefined

  /** @throws {Mistake} when the file is no receipt. */
  constructor(path: string) {
    this.path = path
    if (existsSync(path)) this.#receipt = parse(path)
  }

  get content(): Receipt | undefined {
    return this.#receipt
  }

  /** What is recorded, or the beginning of a receipt, which is not written yet. */
  begin(tenantId: string, settings: Settings): Receipt {
    const begun = { version: 1, setUpId: randomUUID().slice(0, 8), disabledAgents: [], objects: {} } as const
    this.#receipt = { ...(this.#receipt ?? { ...begun, tenantId }), settings }
    return this.#receipt
  }

  change(change: Partial<Receipt>): void {
    if (!this.#receipt) throw new Error('There is no receipt to change.')
    this.#receipt = { ...this.#receipt, ...change }
    const beside = `${this.path}.new`
    writeFileSync(beside, `${JSON.stringify(this.#receipt, null, 2)}\n`)
    // A run that is killed meanwhile leaves the old receipt or the new one, never half of one.
    renameSync(beside, this.path)
  }

  record(key: string, recorded: Recorded): void {
    this.change({ objects: { ...this.#receipt?.objects, [key]: recorded } })
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

function parse(path: string): Receipt {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content === 'object' && content !== null && 'version' in content && content.version === 1)
      return content as Receipt
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Mistake(`${path} is no receipt of this tool.`, 'Name another file with --receipt.')
}
