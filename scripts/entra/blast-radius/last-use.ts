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
    const ofBlueprint = { title: `the blueprint: ${await usesOf(blueprint)}` }
    const who = radius.who.map(one => {
      const { title, branches = [] } = one
      if (title !== 'credentials') return one
      return { ...one, branches: [...branches.map(key => withLastUse(key, ofSecrets)), ofBlueprint] }
    })
    const what: Branch[] = []
    for (const one of radius.what) {
      const { id, branches = [] } = one
      const isAgent = id !== undefined && one.title.startsWith('agent identity ')
      what.push(isAgent ? { ...one, branches: [...branches, { title: await usesOf(id) }] } : one)
    }
    return { ...radius, who, what }
  }
  const told = await inStep(run, { title }, () => readIfShown(read))
  return told ?? { ...radius, what: [...radius.what, { title, mark: 'unread' }] }
}

/** A secret with the time of its last use, if it was used. */
function withLastUse(credential: Branch, activities: readonly Json[]): Branch {
  const found = activities.find(({ keyId }) => keyId === credential.id)
  const last = timeOf(found?.['signInActivity'])
  return last === undefined ? credential : { ...credential, title: `${credential.title}, last used ${last}` }
}

function describeUses(activity: Json | undefined): string {
  const uses = [
    ['as itself', timeOf(activity?.['applicationAuthenticationClientSignInActivity'])],
    ['for a user', timeOf(activity?.['delegatedClientSignInActivity'])],
  ].flatMap(([how, time]) => (time === undefined ? [] : [`${how} ${time}`]))
  return uses.length > 0 ? `last used ${uses.join(', ')}` : 'never used, as far as Graph tells'
}

function timeOf(activity: unknown): string | undefined {
  const time = (activity as Json | null | undefined)?.['lastSignInDateTime']
  return time === undefined || time === null ? undefined : String(time)
}
