import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The path of a file that the demo keeps between starts, in a folder that is made if it does not exist. */
export function fileOfDemo(name: string): string {
  const folder = resolve(import.meta.dirname, '../../node_modules/.cache/demo')
  mkdirSync(folder, { recursive: true })
  return resolve(folder, name)
}

/** Writes a file in one step, since another demo may be reading it. */
export function replaceFile(file: string, content: string, mode?: number): void {
  const written = `${file}.${process.pid}`
  writeFileSync(written, content, { mode })
  renameSync(written, file)
}
