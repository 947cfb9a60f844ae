import { strictObject } from '@entra-agents/emulator-kit'
import { Type } from 'typebox'
import { Guid, type ServicePrincipal, type User } from '../directory/objects.ts'
import { type RiskAction, riskActions } from '../directory/risks.ts'
import type { Entra } from '../entra.ts'
import { throwNotFound } from './access.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRoutes } from './routes.ts'

const Ids = Type.Array(Guid, { minItems: 1, maxItems: 60 })

/** Agents, their blueprints and their user accounts are agents here; other users are not. */
const collections = {
  riskyAgents: { permission: 'IdentityRiskyAgent', body: strictObject({ agentIds: Ids }), isOfAgents: true },
  riskyUsers: { permission: 'IdentityRiskyUser', body: strictObject({ userIds: Ids }), isOfAgents: false },
} as const

/** Who is at risk, and what administrators say of it (https://learn.microsoft.com/graph/api/resources/riskyagent). */
export function addRiskRoutes(routes: GraphRoutes, version: GraphVersion): void {
  if (version !== 'beta') return
  for (const [name, { permission, body, isOfAgents }] of Object.entries(collections)) {
    const path = `/identityProtection/${name}`
    const readers = routes.for(`${permission}.Read.All`)
    readers.list(path, ({ entra }) =>
      subjectsOf(entra, isOfAgents).flatMap(one => showRisk(entra, one) ?? []),
    )
    readers.get(`${path}/:key`, ({ entra, key }) => {
      const subject = subjectsOf(entra, isOfAgents).find(({ id }) => id === key)
      return (subject && showRisk(entra, subject)) ?? throwNotFound(key)
    })
    const writers = routes.for(`${permission}.ReadWrite.All`)
    for (const action of Object.keys(riskActions) as RiskAction[])
      writers.act(`${path}/${action}`, body, request => {
        const { entra } = request
        const ids = Object.values(request.body).flat()
        const known = subjectsOf(entra, isOfAgents).map(({ id }) => id)
        for (const id of ids) if (!known.includes(id)) throwNotFound(id)
        for (const id of ids) entra.risks.act(id, action, entra.settings.current.riskProcessingSeconds)
        return undefined
      })
  }
  routes.for('IdentityRiskEvent.Read.All').list('/identityProtection/agentRiskDetections', ({ entra }) => {
    const agents = new Map(subjectsOf(entra, true).map(one => [one.id, one]))
    return entra.risks.detections.flatMap(({ subjectId, detectedDateTime, ...detection }) => {
      const [agent, risk] = [agents.get(subjectId), entra.risks.of(subjectId)]
      if (!agent || !risk) return []
      return {
        ...{ ...detection, agentId: subjectId, agentDisplayName: agent.displayName },
        ...{ activityDateTime: detectedDateTime, detectedDateTime, detectionTimingType: 'offline' },
        lastModifiedDateTime: risk.riskLastModifiedDateTime,
        ...{ riskState: risk.riskState, riskDetail: details.agent[risk.riskState] },
        ...{ riskEvidence: 'This detection was made in the emulator.', additionalInfo: null },
      }
    })
  })
}

function subjectsOf({ directory }: Entra, isOfAgents: boolean): readonly (ServicePrincipal | User)[] {
  const { servicePrincipals, users } = directory.content
  const principals = isOfAgents ? servicePrincipals.filter(({ kind }) => kind !== 'servicePrincipal') : []
  return [...principals, ...users.filter(one => (one.identityParentId !== undefined) === isOfAgents)]
}

// biome-ignore format: table
const details = {
  agent: { confirmedCompromised: 'adminConfirmedAgentCompromised', confirmedSafe: 'adminConfirmedAgentSafe', dismissed: 'adminDismissedRiskForAgent', atRisk: 'none' },
  user: { confirmedCompromised: 'adminConfirmedUserCompromised', confirmedSafe: 'adminConfirmedAccountSafe', dismissed: 'adminDismissedAllRiskForUser', atRisk: 'none' },
}

/** Somebody at risk as Graph shows them; `undefined` if no risk was ever noted, or if the first one is still being processed. */
function showRisk(entra: Entra, one: ServicePrincipal | User) {
  const risk = entra.risks.of(one.id)
  if (!risk) return undefined
  const { id, displayName, accountEnabled: isEnabled = true } = one
  const common = { id, isDeleted: false, ...risk }
  if ('userPrincipalName' in one && one.identityParentId === undefined) {
    const names = { userDisplayName: displayName, userPrincipalName: one.userPrincipalName }
    const { riskLastModifiedDateTime: riskLastUpdatedDateTime, ...others } = common
    return { ...others, ...names, riskLastUpdatedDateTime, riskDetail: details.user[risk.riskState] }
  }
  const identityType = 'kind' in one ? one.kind : 'agentUser'
  return {
    '@odata.type': `#microsoft.graph.risky${identityType.charAt(0).toUpperCase()}${identityType.slice(1)}`,
    ...{ ...common, agentDisplayName: displayName, isEnabled, identityType },
    blueprintId: 'kind' in one ? one.agentIdentityBlueprintId : null,
    riskDetail: details.agent[risk.riskState],
  }
}
