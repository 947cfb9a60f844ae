import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Mistake } from './mistake.ts'

/** Reads a receipt; `undefined` when there is none yet. @throws {Mistake} when the file is something else. */
export function readReceipt<Receipt extends { readonly version: 1 }>(
  path: string,
  isReceipt = (_content: object): _content is Receipt => true,
): Receipt | undefined {
  if (!existsSync(path)) return undefined
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content === 'object' && content !== null && 'version' in content && content.version === 1)
      if (isReceipt(content)) return content
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Mistake(
    `${path} is no receipt of this tool.`,
    'Name another file with --receipt, or have this one written anew: status --adopt <set-up id>, which the descriptions of the applications name in brackets.',
  )
}

/** Writes a receipt atomically: a run that is killed leaves the old or the new one. */
export function writeReceipt(path: string, receipt: object): void {
  const beside = `${path}.new`
  writeFileSync(beside, `${JSON.stringify(receipt, undefined, 2)}\n`)
  renameSync(beside, path)
}
