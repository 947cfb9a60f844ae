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

/** Writes a file of settings; returns its path. */
export function writeSettings(name: string, content: object): string {
  const file = fileOfDemo(name)
  replaceFile(file, `${JSON.stringify(content, null, 2)}\n`)
  return file
}

/** A file that the demo keeps between starts, for its owner alone. It is made anew if `check` throws an error. */
export function keepFile(name: string, check: (file: string) => unknown, make: () => string): string {
  const file = fileOfDemo(name)
  try {
    check(file)
  } catch {
    replaceFile(file, make(), 0o600)
  }
  return file
}
