import type { LoggedRequest } from '@entra-agents/emulator-kit'
import type { RequestDetails } from '../entra.ts'

export type Step = LoggedRequest<RequestDetails>

/** A page with more steps would be too large to read. */
const maxSteps = 50

/** A request, after those that got the tokens that it presents, directly or through others. */
export interface Flow {
  /** The latest ones, if there are very many. */
  readonly steps: readonly Step[]
  readonly last: Step
  /** Whether no later request presents what the last step got. */
  readonly isWhole: boolean
}

/** The flow that ends with each request. Two requests that present the same token need have nothing else in common. */
export function flowsOf(requests: readonly Step[]): ReadonlyMap<string, Flow> {
  const issuers = new Map<unknown, Step>()
  const ancestors = new Map<Step, ReadonlySet<Step>>()
  const parents = new Set<Step>()
  for (const step of requests) {
    const sources = tokenIds(step.presentedTokens).flatMap(id => issuers.get(id) ?? [])
    for (const source of sources) parents.add(source)
    ancestors.set(step, new Set([...sources.flatMap(source => [...(ancestors.get(source) ?? [])]), step]))
    for (const id of tokenIds(step.issuedTokens)) issuers.set(id, step)
  }
  return new Map(
    [...ancestors].map(([last, all]) => [
      last.id,
      { steps: requests.filter(one => all.has(one)).slice(-maxSteps), last, isWhole: !parents.has(last) },
    ]),
  )
}

function tokenIds(tokens: RequestDetails['issuedTokens'] = {}): readonly unknown[] {
  return Object.values(tokens).flatMap(({ uti }) => uti ?? [])
}
