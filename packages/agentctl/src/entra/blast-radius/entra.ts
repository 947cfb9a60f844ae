import { readMembers } from '../extras.ts'
import { type Json, readIfShown } from '../graph.ts'
import { listAgentUsers } from '../objects/agent-users.ts'
import { agentsPath } from '../objects/agents.ts'
import { reviewedHoldings } from '../objects/holdings.ts'
import { listCollections, listObjects } from '../objects/kinds.ts'
import {
  agentKey,
  agentsOf,
  agentUserKey,
  type Collection,
  type Target,
  toTarget,
} from '../objects/tenant-object.ts'
import type { RecordedObject } from '../receipt.ts'
import { inStep, type Run, requireReceipt, targetOf, toRecord } from '../run.ts'
import type { FederatedCredential } from '../settings.ts'
import { compareWithPlan } from '../survey.ts'
import { describeDifference } from '../text.ts'
import { type BlastRadius, type Branch, groupUnder, surplusIf } from './branch.ts'
import { readChangers } from './changers.ts'
import { nameAdder } from './names.ts'

/**
 * Reads everything that the blueprint's credential reaches in Entra, and who reaches the credential; changes nothing.
 *
 * @param accepted ids of those who may change the whole tenant without being marked; if absent, nobody is marked for that
 */
export async function readEntra(run: Run, accepted?: readonly string[]): Promise<BlastRadius> {
  const receipt = requireReceipt(run)
  const planned = targetOf(run, receipt)
  const { target, foreign } = await addForeignAgents(run, planned)
  const changes = await readChanges(run, planned)
  const lists = await readLists(run, target, changes)
  const branchesOf = (keys: readonly string[], kind?: Collection['kind'] | 'no kind') =>
    lists
      .filter(({ collection }) => keys.includes(collection.ownerKey))
      .filter(({ collection }) => !kind || (collection.kind ?? 'no kind') === kind)
      .flatMap(({ branches }) => branches)
  const listed = new Set(lists.flatMap(({ branches }) => branches.map(({ id }) => id)))
  const all = ['blueprint', 'blueprint-principal']
  const own = new Set(Object.values(receipt.objects).map(({ id }) => id))
  const who = [
    ...groupUnder('credentials', branchesOf(all, 'credentials')),
    ...groupUnder(
      'properties that are not as planned',
      changes.flatMap(({ title, id, mark }) => (mark && !(id && listed.has(id)) ? [{ title, mark }] : [])),
    ),
    ...groupUnder('who may ask it', branchesOf(all, 'clients')),
    ...groupUnder('the page, by which users ask it', branchesOf(['page', 'page-principal'])),
    ...groupUnder('who may change it', [
      ...branchesOf(all, 'owners and sponsors'),
      ...(await inStep(run, { title: 'who may change it' }, () => readChangers(run, own, accepted))),
    ]),
  ]
  const branchOf = (title: string, key: string, below: readonly Branch[] = []): Branch => ({
    title,
    id: target.idOf(key),
    mark: surplusIf(foreign.has(key)),
    branches: [...branchesOf([key]), ...below],
  })
  const agents = agentsOf(target)
    .filter(({ key }) => target.recorded(key))
    .map(({ name, key, title }) => {
      const user = agentUserKey(name)
      return branchOf(title, key, target.recorded(user) ? [branchOf('its user account', user)] : [])
    })
  return {
    tenantId: run.tenantId,
    blueprint: { title: `blueprint "${target.settings.blueprintName}"`, id: target.idOf('blueprint') },
    who,
    what: [
      ...groupUnder('principal of the blueprint', branchesOf(['blueprint-principal'], 'no kind')),
      ...branchesOf(['blueprint'], 'inheritable permissions'),
      ...agents,
    ],
  }
}

/** A planned object that is not as planned, or is not shown; `words` say what differs. */
type Change = Branch & { readonly words?: string }

async function readChanges(run: Run, target: Target): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (const wanted of listObjects(target)) {
    const id = target.recorded(wanted.key)?.id
    if (!wanted.properties || id === undefined) continue
    const { title } = wanted
    const found = await inStep(run, wanted, () => readIfShown(() => wanted.find(run.graph)))
    if (!found) changes.push({ title: `properties of ${title}`, mark: 'unread' })
    // A list may still have it, without the properties by which it is found.
    else if (!found.object) changes.push({ title, id, words: 'not as planned' })
    else {
      const { differences, extraEntries } = compareWithPlan(wanted, found.object)
      const extra = extraEntries.map(one => `${one} is not planned`)
      const words = [...differences.map(describeDifference), ...extra].join('; ')
      const { id } = found.object
      if (words) changes.push({ title: `${title}: ${words}`, id: String(id), words, mark: 'surplus' })
    }
  }
  return changes
}

/** The federated credentials that the blueprint has, whoever made them. */
export function readFederatedCredentials(run: Run): Promise<readonly FederatedCredential[]> {
  const { objects } = requireReceipt(run)
  const path = `/applications/${objects['blueprint']?.id}/federatedIdentityCredentials`
  return inStep(run, { title: 'federated credentials' }, async () =>
    (await run.graph.list(path)).map(one => one as Json & FederatedCredential),
  )
}

/** The lists of the blueprint and its agents (owners, secrets …); their members have names in place of ids. */
async function readLists(run: Run, target: Target, changes: readonly Change[]) {
  const addNames = nameAdder(run.graph)
  const lists: { readonly collection: Collection; readonly branches: readonly Branch[] }[] = []
  for (const collection of [...listCollections(target), ...reviewedHoldings(target)]) {
    if (!/^(blueprint|agent|page)/.test(collection.ownerKey) || collection.isNeededByOthers) continue
    if (!target.recorded(collection.ownerKey)) continue
    const members = await readMembers(run, collection)
    const named = members && (await Promise.all(members.map(addNames)))
    const branches = named && toBranches(collection, named, changes)
    lists.push({ collection, branches: branches ?? [{ title: collection.title, mark: 'unread' }] })
  }
  return lists
}

function toBranches(
  { describe, isWanted, faultsOf }: Collection,
  members: readonly Json[],
  changes: readonly Change[],
): readonly Branch[] {
  const faults = faultsOf?.(members) ?? []
  return [
    ...members.map(one => {
      // A secret is identified by its key id.
      const id = (one['id'] ?? one['keyId'] ?? undefined) as string | undefined
      const { words } = changes.find(change => id !== undefined && change.id === id) ?? {}
      const title = words ? `${describe(one)}; ${words}` : describe(one)
      return { title, id, mark: surplusIf(words !== undefined || !isWanted(one)) }
    }),
    ...faults.map(title => ({ title, mark: 'fault' as const })),
  ]
}

/** Adds the blueprint's other agents and user accounts to the planned target; `foreign` has the keys of what was added. */
async function addForeignAgents(
  run: Run,
  planned: Target,
): Promise<{ readonly target: Target; readonly foreign: ReadonlyMap<string, RecordedObject> }> {
  const { settings } = planned
  const blueprintId = planned.recorded('blueprint')?.appId
  const step = { title: 'agents of the blueprint' }
  const { graph, clock } = run
  const all = await inStep(run, step, () => graph.list(agentsPath))
  const accounts = (await inStep(run, step, () => readIfShown(() => listAgentUsers(graph, true)))) ?? []
  const foreign = new Map<string, RecordedObject>()
  const add = (key: string, object: Json | undefined) => {
    if (object && !planned.recorded(key)) foreign.set(key, toRecord(object, clock.nowMs()))
  }
  const names: string[] = []
  for (const one of all.filter(({ agentIdentityBlueprintId }) => agentIdentityBlueprintId === blueprintId)) {
    const { id, displayName } = one
    const ours = settings.agents.find(name => planned.recorded(agentKey(name))?.id === id)
    const isTaken = [...settings.agents, ...names].includes(String(displayName))
    const name = ours ?? (isTaken ? `${displayName} (${id})` : String(displayName))
    if (!ours) names.push(name)
    add(agentKey(name), one)
    const account = accounts.find(({ identityParentId }) => identityParentId === id)
    add(agentUserKey(name), account)
  }
  const target = toTarget({
    ...planned,
    settings: {
      ...settings,
      agents: [...settings.agents, ...names],
      agentFlows: { ...settings.agentFlows, ...Object.fromEntries(names.map(name => [name, []])) },
    },
    recorded: key => planned.recorded(key) ?? foreign.get(key),
  })
  return { target, foreign }
}
