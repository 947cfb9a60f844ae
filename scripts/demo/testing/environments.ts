import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Variables } from '@entra-agents/service-kit'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import type { ReadExample } from '../process.ts'
import { describeProcesses } from '../processes.ts'

type Environments = Readonly<Record<string, Readonly<Record<string, string>>>>

const root = resolve(import.meta.dirname, '../../..')

/** Writes JSON files into a folder that lives as long as the tests of the file. */
export function jsonFiles() {
  const folder = temporaryFolder()
  return (name: string, content: object): string => {
    const file = join(folder, name)
    writeFileSync(file, JSON.stringify(content))
    return file
  }
}

/** The environment of each process of a demo that brings these APIs along. */
export function environments(variables: Variables, examples: readonly ReadExample[]): Environments {
  const processes = describeProcesses(variables, undefined, examples)
  return Object.fromEntries(processes.map(({ name, env }) => [name, env]))
}

/** A process's variables as text, without secrets and paths of this run. */
function linesOf(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) =>
    /SECRET|Secret$|SESSION_TOKEN|ACCESS_KEY_ID/.test(name)
      ? `${name}=‹secret›\n`
      : `${name}=${value.replace(root, '…').replace(/^\/.*(?=\/[^/]+$)/, '…')}\n`,
  )
}

/** As text: the variables of each process, without those that it has in other environments too. */
export function describeAdded(all: Environments, known: Environments = {}): string {
  const sections = Object.entries(all).map(([process, env]) => {
    const before = linesOf(known[process] ?? {})
    const added = linesOf(env).filter(line => !before.includes(line))
    return `# ${process}\n\n${added.join('')}\n`
  })
  return sections.join('')
}

/** The processes that get a variable with the user's value. */
export function receiversOf(all: Environments, name: string, value: string): readonly string[] {
  return Object.entries(all).flatMap(([process, env]) => (env[name] === value ? [process] : []))
}
