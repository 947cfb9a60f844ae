import { type Json, readIfShown } from '../entra/graph.ts'
import { inStep, type Run } from '../entra/run.ts'
import { trouble } from './problems.ts'

const policiesPath = '/identity/conditionalAccess/policies'
const access = { POST: { permission: 'Policy.Read.All', role: 'Security Reader' } }

interface Policy {
  readonly displayName?: string
  readonly state?: string
  readonly conditions?: {
    readonly applications?: { readonly includeAuthenticationContextClassReferences?: readonly string[] }
  }
}

/** Whether an authentication context proves anything: Entra grants a context without a policy to whoever requests it. */
export async function checkContext(run: Run, context: string) {
  const policies = await readPolicies(run)
  if (!policies)
    return trouble(
      'NOT_CHECKED',
      'Graph does not show the Conditional Access policies.',
      'Ask with a token that has Policy.Read.All.',
    )
  const naming = policies.filter(policy => contextsOf(policy)?.includes(context))
  const enabled = naming.filter(({ state }) => state === 'enabled')
  if (enabled.length === 0) {
    const states = naming.map(({ displayName, state }) => `“${displayName}” is ${state}`).join(', ')
    throw trouble(
      'CONTEXT_WITHOUT_POLICY',
      `No enabled policy names ${context}, so every user proves it without doing anything${states && ` (${states})`}.`,
    )
  }
  const names = enabled.map(({ displayName }) => `“${displayName}”`).join(', ')
  return `${names} ${enabled.length === 1 ? 'names' : 'name'} ${context}; whoever is not included there proves it without doing anything.`
}

/** The policies; `undefined` if Graph does not show them to this caller. */
async function readPolicies(run: Run): Promise<readonly Policy[] | undefined> {
  const read = async (more: { readonly version?: 'beta' } = {}) =>
    (await run.graph.list(policiesPath, { mayBeForbidden: true, ...more })) as readonly (Json & Policy)[]
  return inStep(run, { title: 'Conditional Access policies', access }, async () => {
    const policies = await readIfShown(read)
    // Policies of v1.0 may lack their contexts, which Microsoft documents for beta only.
    return !policies || policies.some(contextsOf) ? policies : readIfShown(() => read({ version: 'beta' }))
  })
}

function contextsOf({ conditions }: Policy): readonly string[] | undefined {
  return conditions?.applications?.includeAuthenticationContextClassReferences
}
