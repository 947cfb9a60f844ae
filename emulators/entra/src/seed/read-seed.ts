import { dirname, resolve } from 'node:path'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { readYamlFile } from './file.ts'
import type { Fault } from './names.ts'
import { makeTenant, type SeededTenant } from './tenant.ts'
import { applyVariables } from './variables.ts'

const mostFaults = 50

/**
 * Makes the tenant of the file that `ENTRA_SEED` names, or else the demo's, with what other variables change in it. All
 * faults are reported as configuration faults.
 *
 * @param given a seed in its place: its content, or the path of a file
 */
export function readSeed(env: EnvironmentReader, given?: string | object): SeededTenant {
  const name = given ?? env.optional('ENTRA_SEED') ?? { extends: 'demo' }
  // npm runs a workspace's script in the workspace's folder; people mean the folder in which they are.
  const path = typeof name === 'string' ? resolve(env.text('INIT_CWD', '.'), name) : undefined
  const titleOfFile = given === undefined ? `${path} (ENTRA_SEED)` : path
  const title = path === undefined ? 'The seed' : titleOfFile
  const faults = new Set<string>()
  const tell: Fault = sentence => faults.add(sentence)
  const tellOfFile: Fault = sentence => tell(`the file ${sentence}`)
  const content = path === undefined ? JSON.parse(JSON.stringify(name)) : readYamlFile(path, tellOfFile)
  const tenant =
    faults.size > 0
      ? undefined
      : makeTenant(content, dirname(path ?? resolve('seed')), tell, extended => applyVariables(extended, env))
  // No terminal obeys control characters from the file.
  for (const sentence of [...faults].slice(0, mostFaults))
    env.fault(`${title}: ${sentence.replaceAll(/\p{C}/gu, '�')}.`)
  if (faults.size > mostFaults) env.fault(`${title} has ${faults.size - mostFaults} faults more.`)
  // Without a tenant there are faults, for which the reader of the environment throws.
  return tenant as SeededTenant
}
