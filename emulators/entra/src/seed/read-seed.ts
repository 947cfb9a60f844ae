import { dirname, resolve } from 'node:path'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { parseYaml, readSmallFile } from './file.ts'
import { makeTenant, type SeededTenant } from './tenant.ts'

const mostFaults = 50

/**
 * Reads the file that `ENTRA_SEED` names, if any. All its faults are reported as configuration faults.
 *
 * @param given a seed in its place: its content, or the path of a file
 */
export function readSeed(env: EnvironmentReader, given?: string | object): SeededTenant | undefined {
  const name = given ?? env.optional('ENTRA_SEED')
  if (name === undefined) return undefined
  // npm runs a workspace's script in the workspace's folder; people mean the folder in which they are.
  const path = typeof name === 'string' ? resolve(env.text('INIT_CWD', '.'), name) : undefined
  const title = given === undefined ? `${path} (ENTRA_SEED)` : (path ?? 'The seed')
  const faults = new Set<string>()
  const content = path === undefined ? JSON.parse(JSON.stringify(name)) : readContent(path, faults)
  const tenant =
    faults.size > 0
      ? undefined
      : makeTenant(content, dirname(path ?? resolve('seed')), sentence => faults.add(sentence))
  // No terminal obeys control characters from the file.
  for (const sentence of [...faults].slice(0, mostFaults))
    env.fault(`${title}: ${sentence.replaceAll(/\p{C}/gu, '�')}.`)
  if (faults.size > mostFaults) env.fault(`${title} has ${faults.size - mostFaults} faults more.`)
  return tenant
}

function readContent(path: string, faults: Set<string>): unknown {
  const noteOfFile = (sentence: string) => faults.add(`the file ${sentence}`)
  const yaml = readSmallFile(path, noteOfFile)
  return yaml === undefined ? undefined : parseYaml(yaml, noteOfFile)
}
