import { readMembers } from '../extras.ts'
import { type Json, readIfShown } from '../graph.ts'
import { listAgentUsers } from '../objects/agent-users.ts'
import { agentsPath } from '../objects/agents.ts'
import { accessPackages } from '../objects/holdings.ts'
import { listCollections } from '../objects/kinds.ts'
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
import { type BlastRadius, type Branch, groupUnder } from './branch.ts'
import { readChangers } from './changers.ts'
import { nameAdder } from './names.ts'

/** Reads everything that the blueprint's credential reaches in Entra, and who reaches the credential; changes nothing. */
export async function readEntra(run: Run): Promise<BlastRadius> {
  const receipt = requireReceipt(run)
  const planned = targetOf(run, receipt)
  const blueprint = await readBlueprint(run, planned)
  const { target, foreign } = await addForeignAgents(run, planned)
  const lists = await readLists(run, target)
  const of = (key: string, kind?: Collection['kind']) =>
    lists
      .filter(({ collection }) => collection.ownerKey === key && (!kind || collection.kind === kind))
      .flatMap(toBranches)
  const who = [
    ...groupUnder('credentials', [...of('blueprint', 'credentials'), ...signInAudienceBranches(blueprint)]),
    ...groupUnder('who may change it', [
      ...of('blueprint', 'owners and sponsors'),
      ...managersOf(blueprint),
      ...(await inStep(run, { title: 'who may change it' }, () => readChangers(run.graph))),
    ]),
  ]
  const branchOf = (title: string, key: string, below: readonly Branch[] = []): Branch => ({
    title,
    id: target.idOf(key),
    ...markOf(foreign.has(key)),
    branches: [...of(key), ...below],
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
      ...groupUnder('principal of the blueprint', of('blueprint-principal')),
      ...of('blueprint', 'inheritable permissions'),
      ...agents,
    ],
  }
}

/** The federated credentials that the blueprint has, whoever made them. */
export function readFederatedCredentials(run: Run): Promise<readonly FederatedCredential[]> {
  const { objects } = requireReceipt(run)
  const path = `/applications/${objects['blueprint']?.id}/federatedIdentityCredentials`
  return inStep(run, { title: 'federated credentials' }, async () =>
    (await run.graph.list(path)).map(({ issuer, subject }) => ({
      issuer: String(issuer),
      subject: String(subject),
    })),
  )
}

interface MemberList {
  readonly collection: Collection
  readonly members: readonly Json[] | undefined
}

/** The lists of the blueprint and its agents (owners, secrets …); their members have names in place of ids. */
async function readLists(run: Run, target: Target): Promise<readonly MemberList[]> {
  const addNames = nameAdder(run.graph)
  const lists: MemberList[] = []
  for (const collection of [...listCollections(target), ...accessPackages(target)]) {
    if (!/^(blueprint|agent)/.test(collection.ownerKey) || collection.isNeededByOthers) continue
    if (!target.recorded(collection.ownerKey)) continue
    const members = await readMembers(run, collection)
    lists.push({ collection, members: members && (await Promise.all(members.map(addNames))) })
  }
  return lists
}

function toBranches({ collection, members }: MemberList): readonly Branch[] {
  if (!members) return [{ title: collection.title, mark: 'unread' }]
  const faults = collection.faultsOf?.(members) ?? []
  return [
    ...members.map(one => ({
      title: collection.describe(one),
      ...idOfMember(one),
      ...markOf(!collection.isWanted(one)),
    })),
    ...faults.map(title => ({ title, mark: 'fault' as const })),
  ]
}

/** A secret is identified by its key id. */
function idOfMember({ id, keyId }: Json): Pick<Branch, 'id'> {
  const known = id ?? keyId
  return known === undefined || known === null ? {} : { id: String(known) }
}

function markOf(isSurplus: boolean): Pick<Branch, 'mark'> {
  return isSurplus ? { mark: 'surplus' } : {}
}

function readBlueprint(run: Run, target: Target): Promise<Json | undefined> {
  const path = `/applications/${target.idOf('blueprint')}/microsoft.graph.agentIdentityBlueprint`
  return inStep(run, { title: 'blueprint' }, () => run.graph.read(path))
}

/** A branch if the blueprint is multitenant, so that other tenants can use it, too. */
function signInAudienceBranches(blueprint: Json | undefined): readonly Branch[] {
  const audience = blueprint?.['signInAudience']
  return audience === undefined || audience === 'AzureADMyOrg'
    ? []
    : [{ title: `it is open to other tenants (signInAudience ${audience})`, mark: 'surplus' }]
}

function managersOf(blueprint: Json | undefined): readonly Branch[] {
  const managers = (blueprint?.['managerApplications'] ?? []) as readonly unknown[]
  return managers.map(one => ({ title: `manager application ${one}`, id: String(one), mark: 'surplus' }))
}

/** Adds the blueprint's other agents and user accounts to the planned target; `foreign` has the keys of what was added. */
async function addForeignAgents(
  run: Run,
  planned: Target,
): Promise<{ readonly target: Target; readonly foreign: ReadonlySet<string> }> {
  const { settings } = planned
  const blueprintId = planned.recorded('blueprint')?.appId
  const step = { title: 'agents of the blueprint' }
  const { graph, clock } = run
  const all = await inStep(run, step, () => graph.list(agentsPath))
  const accounts = (await inStep(run, step, () => readIfShown(() => listAgentUsers(graph, true)))) ?? []
  const found = new Map<string, RecordedObject>()
  const names: string[] = []
  for (const one of all.filter(({ agentIdentityBlueprintId }) => agentIdentityBlueprintId === blueprintId)) {
    const { id, displayName } = one
    const ours = settings.agents.find(name => planned.recorded(agentKey(name))?.id === id)
    const isTaken = [...settings.agents, ...names].includes(String(displayName))
    const name = ours ?? (isTaken ? `${displayName} (${id})` : String(displayName))
    if (!ours) {
      names.push(name)
      found.set(agentKey(name), toRecord(one, clock.nowMs()))
    }
    const account = accounts.find(({ identityParentId }) => identityParentId === id)
    if (account && !planned.recorded(agentUserKey(name)))
      found.set(agentUserKey(name), toRecord(account, clock.nowMs()))
  }
  const target = toTarget({
    ...planned,
    settings: {
      ...settings,
      agents: [...settings.agents, ...names],
      agentFlows: { ...settings.agentFlows, ...Object.fromEntries(names.map(name => [name, []])) },
    },
    recorded: key => planned.recorded(key) ?? found.get(key),
  })
  return { target, foreign: new Set(found.keys()) }
}
