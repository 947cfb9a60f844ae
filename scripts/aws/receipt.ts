import { rmSync } from 'node:fs'
import { readReceipt, writeReceipt } from '../set-up/receipt.ts'
import type { Settings } from './options.ts'

/** What was made in which account; there is no secret among it. */
export interface Receipt {
  readonly version: 1
  readonly account: string
  readonly settings: Settings
  /** Keys of the resources that a run made, or was about to make. */
  readonly made: readonly string[]
}

/** The receipt on disk. It is written before each creation, so that a run that was broken off is known to the next. */
export class ReceiptFile {
  readonly path: string
  #content: Receipt | undefined

  /** @throws {Mistake} when the file is no receipt. */
  constructor(path: string) {
    this.path = path
    this.#content = readReceipt(path)
  }

  get content(): Receipt | undefined {
    return this.#content
  }

  write(content: Receipt): void {
    this.#content = content
    writeReceipt(this.path, content)
  }

  note(key: string): void {
    this.#change(made => [...made.filter(known => known !== key), key])
  }

  forget(key: string): void {
    this.#change(made => made.filter(known => known !== key))
  }

  remove(): void {
    this.#content = undefined
    rmSync(this.path, { force: true })
  }

  #change(change: (made: readonly string[]) => readonly string[]): void {
    if (this.#content) this.write({ ...this.#content, made: change(this.#content.made) })
  }
}
