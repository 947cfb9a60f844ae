import { randomBytes } from 'node:crypto'
import { readSealKeys } from '@entra-agents/approval'
import { fileOfDemo, replaceFile } from './files.ts'

/** The file of the agent's seal key, which is kept between starts: a call that waits can be approved after a restart. */
export function keepSealKeys(port: number): string {
  const file = fileOfDemo(`agent-${port}-seal-keys`)
  try {
    readSealKeys(file)
  } catch {
    replaceFile(file, `demo ${randomBytes(32).toString('base64')}\n`, 0o600)
  }
  return file
}
