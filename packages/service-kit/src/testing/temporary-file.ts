import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A new folder, removed after the last test of the file, or after this test if `after` is `onTestFinished`. */
export function temporaryFolder(after: (remove: () => void) => void = afterAll): string {
  const folder = mkdtempSync(join(tmpdir(), 'test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The path of a file that can be written, in a new folder of its own. */
export function temporaryFile(name: string, after?: (remove: () => void) => void): string {
  return join(temporaryFolder(after), name)
}
