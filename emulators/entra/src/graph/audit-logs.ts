import type { DirectoryAudit } from '../logs/directory-audit.ts'
import type { Logs } from '../logs/logs.ts'
import { reportOnClients, reportOnSecrets } from '../logs/reports.ts'
import type { AgentType, SignIn } from '../logs/sign-in.ts'
import { badRequest, hasPermission, throwNotFound } from './access.ts'
import type { Query } from './bodies.ts'
import { type Condition, meets, readFilter, unsupported } from './filter.ts'
import { invalidOption, readTop, showPage } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

type Row = SignIn | DirectoryAudit

/** The logs by their names at Graph, with the properties that a filter may compare by each operator. */
// biome-ignore format: table
const logs = {
  signIns: {
    rows: ({ signIns }: Logs): readonly Row[] => signIns.all,
    time: 'createdDateTime',
    eq: ['id', 'correlationId', 'appId', 'appDisplayName', 'servicePrincipalId', 'servicePrincipalName', 'userId', 'userDisplayName', 'userPrincipalName', 'resourceId', 'resourceDisplayName', 'ipAddress', 'userAgent', 'conditionalAccessStatus', 'status/errorCode', 'agent/agentType', 'agent/agentSubjectType'],
    ne: ['status/errorCode', 'agent/agentType', 'agent/agentSubjectType'],
    startswith: ['appDisplayName', 'servicePrincipalId', 'servicePrincipalName', 'userDisplayName', 'userPrincipalName', 'ipAddress', 'userAgent'],
    any: ['signInEventTypes'],
  },
  directoryAudits: {
    rows: ({ audits }: Logs): readonly Row[] => audits.all,
    time: 'activityDateTime',
    eq: ['id', 'correlationId', 'activityDisplayName', 'category', 'loggedByService', 'result', 'initiatedBy/app/appId', 'initiatedBy/app/displayName', 'initiatedBy/user/id', 'initiatedBy/user/displayName', 'initiatedBy/user/userPrincipalName'],
    ne: [],
    startswith: ['activityDisplayName', 'initiatedBy/user/userPrincipalName'],
    any: ['targetResources/id', 'targetResources/displayName'],
  },
} as const
type Log = (typeof logs)[keyof typeof logs]

/** The most rows of a page, and how many it has unless the request says. */
const longestPage = 1_000
const options = ['$filter', '$top', '$orderby', '$skiptoken', '$select', '$count']

/**
 * The sign-in and audit logs, and the reports that are made of them. Only Graph's beta knows agents
 * (https://learn.microsoft.com/graph/api/resources/signin, https://learn.microsoft.com/graph/api/resources/directoryaudit).
 */
export function addAuditLogRoutes(routes: GraphRoutes, version: GraphVersion): void {
  if (version !== 'beta') return
  const readers = routes.for('AuditLog.Read.All')
  for (const [name, log] of Object.entries(logs)) {
    readers.get(`/auditLogs/${name}`, request => readPage(`auditLogs/${name}`, log, request))
    readers.get(`/auditLogs/${name}/:key`, request => {
      const row = log.rows(request.entra.logs).find(({ id }) => id === request.key)
      return row ? show(row, request) : throwNotFound(request.key)
    })
  }
  readers.list('/reports/servicePrincipalSignInActivities', ({ entra }) => reportOnClients(entra.logs))
  readers.list('/reports/appCredentialSignInActivities', ({ entra, content }) =>
    reportOnSecrets(entra.logs, content.applications),
  )
}

/** A page of a log, the latest rows first. The next page begins after its last row, however many rows were written meanwhile. */
function readPage(name: string, log: Log, request: GraphRequest) {
  const { query, url, entra } = request
  const foreign = Object.keys(query).find(option => option.startsWith('$') && !options.includes(option))
  if (foreign)
    throw badRequest(`Emulator: '${foreign}' is not known here; what is known is ${options.join(', ')}.`)
  const conditions = readConditions(log, query)
  const found = log.rows(entra.logs).filter(row => conditions.every(condition => meets(row, condition)))
  const rows = found.toSorted((one, other) => timeOf(one) - timeOf(other))
  if (!isAscending(log, query)) rows.reverse()
  const { $skiptoken: last } = query
  const start = last === undefined ? 0 : rows.findIndex(({ id }) => id === last) + 1
  if (last !== undefined && start === 0) throw invalidOption(query, '$skiptoken')
  const page = rows.slice(start, start + (readTop(query, longestPage) ?? longestPage))
  const next = start + page.length < rows.length ? page.at(-1)?.id : undefined
  return showPage(name, { items: page.map(row => show(row, request)), next, count: rows.length }, query, url)
}

const timeOf = (row: Row) => Date.parse('createdDateTime' in row ? row.createdDateTime : row.activityDateTime)

function isAscending({ time }: Log, query: Query): boolean {
  const { $orderby: order = `${time} desc` } = query
  if (order === time || order === `${time} asc`) return true
  if (order === `${time} desc`) return false
  throw invalidOption(query, '$orderby')
}

function readConditions(log: Log, query: Query): readonly Condition[] {
  const conditions = readFilter(query['$filter']).map(({ path, operator, values }) => {
    const isOfTime = operator === 'ge' || operator === 'le'
    const known: readonly string[] = isOfTime ? [log.time] : log[operator]
    const property = known.find(one => one.toLowerCase() === path.toLowerCase())
    if (!property)
      throw unsupported(`${path} by ${operator}, which can compare ${known.join(', ') || 'nothing'}`)
    // Microsoft's pages write it both ways.
    const alike = values.map(value => (value === 'AgentIdentity' ? 'agenticAppInstance' : value))
    return { path: property, operator, values: alike }
  })
  if (log.time !== logs.signIns.time) return conditions
  const types = conditions.filter(({ operator }) => operator === 'any').flatMap(({ values }) => values)
  if (new Set(types.map(type => /user$/i.test(type))).size > 1)
    throw unsupported('signInEventTypes of users beside those of service principals')
  return types.length > 0 ? conditions : [...conditions, interactiveOnly]
}

const interactiveOnly: Condition = { path: 'signInEventTypes', operator: 'any', values: ['interactiveUser'] }

const policyPermissions = [
  'Policy.Read.All',
  'Policy.Read.ConditionalAccess',
  'Policy.ReadWrite.ConditionalAccess',
]
/** Only clients that ask for all members of an enumeration get these. */
const newerTypes: readonly AgentType[] = ['agentIdentityBlueprintPrincipal', 'agentIDuser']

/** A row as this caller may see it. */
function show(row: Row, { caller, headers }: GraphRequest): object {
  if (!('signInEventTypes' in row)) return row
  const { appliedConditionalAccessPolicies, agent, ...others } = row
  const takesAll = String(headers['prefer']).includes('include-unknown-enum-members')
  const typeFor = (type: AgentType) => (takesAll || !newerTypes.includes(type) ? type : 'unknownFutureValue')
  const [agentType, agentSubjectType] = [typeFor(agent.agentType), typeFor(agent.agentSubjectType)]
  return {
    ...{ ...others, agent: { ...agent, agentType, agentSubjectType } },
    ...(hasPermission(caller, ...policyPermissions) ? { appliedConditionalAccessPolicies } : {}),
  }
}
