import { type Json, readIfShown } from '../graph.ts'
import { quoteForFilter } from '../objects/tenant-object.ts'
import { inStep, type Run, requireReceipt } from '../run.ts'
import type { BlastRadius, Branch } from './branch.ts'

/** Adds the times of last use of blueprint, secrets and agents to the radius, from Graph's reports, which lag by hours. */
export async function addLastUse(run: Run, radius: BlastRadius): Promise<BlastRadius> {
  const title = 'when the blueprint, its secrets and its agents were last used'
  const blueprint = String(requireReceipt(run).objects['blueprint']?.appId)
  const list = (report: string, appId: string) =>
    run.graph.listExisting(`/reports/${report}?$filter=appId eq '${quoteForFilter(appId)}'`, {
      version: 'beta',
      mayBeForbidden: true,
    })
  const usesOf = async (appId: string) =>
    describeUses((await list('servicePrincipalSignInActivities', appId))[0])
  const read = async () => {
    const ofSecrets = await list('appCredentialSignInActivities', blueprint)
    const addTo = async (one: Branch): Promise<Branch> => {
      const { id, branches = [] } = one
      if (one.title === 'credentials') {
        const ofBlueprint = { title: `the blueprint: ${await usesOf(blueprint)}` }
        return { ...one, branches: [...branches.map(key => withLastUse(key, ofSecrets)), ofBlueprint] }
      }
      const isAgent = id !== undefined && one.title.startsWith('agent identity ')
      return isAgent ? { ...one, branches: [...branches, { title: await usesOf(id) }] } : one
    }
    const [who, what] = [radius.who.map(addTo), radius.what.map(addTo)]
    return { ...radius, who: await Promise.all(who), what: await Promise.all(what) }
  }
  const extended = await inStep(run, { title }, () => readIfShown(read))
  return extended ?? { ...radius, what: [...radius.what, { title, mark: 'unread' }] }
}

/** A secret with the time of its last use, if it was used. */
function withLastUse(credential: Branch, activities: readonly Json[]): Branch {
  const last = timeOf(activities.find(({ keyId }) => keyId === credential.id)?.['signInActivity'])
  return last ? { ...credential, title: `${credential.title}, last used ${last}` } : credential
}

function describeUses(activity: Json = {}): string {
  const asItself = timeOf(activity['applicationAuthenticationClientSignInActivity'])
  const forUser = timeOf(activity['delegatedClientSignInActivity'])
  const uses = [...(asItself ? [`as itself ${asItself}`] : []), ...(forUser ? [`for a user ${forUser}`] : [])]
  return uses.length > 0 ? `last used ${uses.join(', ')}` : 'never used, as far as Graph tells'
}

function timeOf(activity: unknown): unknown {
  return (activity as Json | null | undefined)?.['lastSignInDateTime']
}
