import { dirname, resolve } from 'node:path'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { parseYaml, readSmallFile } from './file.ts'
import { makeTenant, type SeededTenant } from './tenant.ts'

const mostFaults = 50

/** Reads the file that `ENTRA_SEED` names, if any. All its faults are reported as configuration faults. */
export function readSeed(env: EnvironmentReader): SeededTenant | undefined {
  const name = env.optional('ENTRA_SEED')
  if (name === undefined) return undefined
  // npm runs a workspace's script in the workspace's folder; people mean the folder in which they are.
  const path = resolve(env.text('INIT_CWD', '.'), name)
  const faults = new Set<string>()
  const noteOfFile = (sentence: string) => faults.add(`the file ${sentence}`)
  const yaml = readSmallFile(path, noteOfFile)
  const content = yaml === undefined ? undefined : parseYaml(yaml, noteOfFile)
  const tenant =
    faults.size > 0 ? undefined : makeTenant(content, dirname(path), sentence => faults.add(sentence))
  // No terminal obeys control characters from the file.
  for (const sentence of [...faults].slice(0, mostFaults))
    env.fault(`${path} (ENTRA_SEED): ${sentence.replaceAll(/\p{C}/gu, '�')}.`)
  if (faults.size > mostFaults) env.fault(`${path} (ENTRA_SEED) has ${faults.size - mostFaults} faults more.`)
  return tenant
}
