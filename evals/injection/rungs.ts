import type { Suite } from './dojo.ts'
import type { UserKind } from './users.ts'

/** What the agent of a turn may do. `two`: a reader and an actor; `api`: an agent for each API that changes; `tools`: one for the task. */
type Rights = 'all' | 'two' | 'api' | 'tools'

export interface Rung {
  readonly flow: 'autonomous' | 'obo'
  readonly rights: Rights
  /** Whether changing calls wait for the user, and for which. */
  readonly waitsFor?: UserKind
  /** Whether the server demands a second factor for dangerous calls. */
  readonly stepUp?: true
}

/** The rungs that the product has; those that only the table has are in table.py. */
// biome-ignore format: table
export const rungs = {
  b: { flow: 'autonomous', rights: 'all' },
  b0: { flow: 'autonomous', rights: 'all', waitsFor: 'careful' },
  c: { flow: 'obo', rights: 'all' },
  d1: { flow: 'obo', rights: 'two' },
  d2: { flow: 'obo', rights: 'api' },
  d4: { flow: 'obo', rights: 'tools' },
  e: { flow: 'obo', rights: 'all', waitsFor: 'careful' },
  'e-title': { flow: 'obo', rights: 'all', waitsFor: 'title' },
  'e-careless': { flow: 'obo', rights: 'all', waitsFor: 'careless' },
  'd2-e': { flow: 'obo', rights: 'api', waitsFor: 'careful' },
  'd2-e-title': { flow: 'obo', rights: 'api', waitsFor: 'title' },
  'f-e-title': { flow: 'obo', rights: 'all', waitsFor: 'title', stepUp: true },
  'd2-f-e-title': { flow: 'obo', rights: 'api', waitsFor: 'title', stepUp: true },
} as const satisfies Record<string, Rung>
export type RungName = keyof typeof rungs

export interface Agent {
  readonly name: string
  readonly scopes: readonly string[]
  /** Whether its changing calls wait. */
  readonly waits: boolean
}

/** The agent that a user chooses for a task before it starts: the one with the fewest rights that can do it. */
export function agentFor({ rights, waitsFor }: Rung, suite: Suite, task: string): Agent {
  const { tools = [], changedApis = [] } = suite.tasks[task] ?? {}
  const apis = [...new Set(Object.values(suite.tools).map(({ api }) => api))]
  const reads = apis.map(api => `${api}.Read`)
  const changing = (some: readonly string[]) => [...reads, ...some.map(api => `${api}.ReadWrite`)]
  const waits = waitsFor !== undefined
  const agent = (name: string, scopes: readonly string[]) => {
    return { name: `${name}${waits ? '-asks' : ''}`.replaceAll('_', '-'), scopes, waits }
  }
  if (rights === 'tools') return agent(task, tools)
  if (rights !== 'all' && changedApis.length === 0) return agent('reader', reads)
  if (rights === 'api' && changedApis.length === 1) return agent(`${changedApis[0]}`, changing(changedApis))
  return agent('all', changing(apis))
}
