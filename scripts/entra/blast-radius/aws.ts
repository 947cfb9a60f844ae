import type { Variables } from '@entra-bedrock-agent/service-kit'
import type { Role } from '../../doctor/aws/role.ts'
import { renderRole } from '../../doctor/aws/role-template.ts'
import { compareStatements, type Statement } from '../../doctor/aws/statements.ts'
import { ParameterError } from '../../doctor/aws/template.ts'
import type { FederatedCredential } from '../settings.ts'
import { type BlastRadius, type Branch, groupUnder } from './branch.ts'

/**
 * Compares a role of AWS with the role that the CloudFormation template makes for these ServiceAccounts.
 *
 * @param credentials the ServiceAccounts whose tokens the blueprint should accept
 * @param variables name the agent's model and region; default: those of the first inference profile that the role names
 */
export async function compareRole(
  arn: string,
  found: Role,
  credentials: readonly FederatedCredential[],
  { BEDROCK_MODEL_ID, AWS_REGION }: Variables,
): Promise<Pick<BlastRadius, 'who' | 'what'>> {
  const trust: Statement[] = []
  for (const { parameters, region } of templateParameters(found, credentials)) {
    const made = await renderOrError(arn, parameters, region)
    // If the template refuses parameters, the role cannot have been made with them.
    if (!(made instanceof ParameterError)) trust.push(...made.trust)
  }
  const profile = profilesOf(found).find(
    ({ id, region }) => id === (BEDROCK_MODEL_ID || id) && region === (AWS_REGION || region),
  )
  const made =
    profile && (await renderOrError(arn, { PodIdentityCluster: 'any', ModelId: profile.id }, profile.region))
  return {
    who: groupUnder(`who may become ${arn}`, trustBranches(found, trust)),
    what: groupUnder(
      `AWS role ${arn}`,
      made instanceof ParameterError
        ? accessBranches(found, [], made.message)
        : accessBranches(found, made?.access ?? []),
    ),
  }
}

async function renderOrError(...role: Parameters<typeof renderRole>): Promise<Role | ParameterError> {
  return renderRole(...role).catch(error => {
    if (error instanceof ParameterError) return error
    throw error
  })
}

/** Who may assume the role. Pods may, by a token of their cluster or by EKS Pod Identity; everybody else is surplus. */
function trustBranches({ trust }: Role, wanted: readonly Statement[]): readonly Branch[] {
  const { extra } = compareStatements(wanted, trust)
  return [
    ...trust.map(statement => ({
      title: `${principalsOf(statement)}${conditionsOf(statement)}`,
      ...markOf(statement, extra.includes(statement)),
    })),
    { title: 'who may change the role (IAM)', mark: 'unread' as const },
  ]
}

/**
 * What the role may do; whatever the template does not give it is surplus.
 *
 * @param whyNot why the permission to call models cannot be compared with the template
 */
function accessBranches(role: Role, wanted: readonly Statement[], whyNot?: string): readonly Branch[] {
  const { access, sessionHours: hours = 1 } = role
  const { extra } = compareStatements(wanted, access)
  const branches: readonly Branch[] = access.map(statement => {
    const { Effect, Action, NotAction, Resource, NotResource } = statement
    const what = listOf(Action ?? `all but ${listOf(NotAction)}`)
    const where = listOf(Resource ?? `all but ${listOf(NotResource)}`)
    const isExtra = extra.includes(statement) && !(whyNot !== undefined && isModelCall(Action))
    return {
      title: `${Effect === 'Allow' ? 'may' : 'may not'} ${what} on ${where}${conditionsOf(statement)}`,
      ...markOf(statement, isExtra),
    }
  })
  const sessions: Branch = {
    title: `sessions of up to ${hours} h`,
    ...(hours > 1 ? { mark: 'surplus' } : {}),
  }
  return whyNot === undefined
    ? [...branches, sessions]
    : [...branches, sessions, { title: `whether that is what the template gives: ${whyNot}`, mark: 'unread' }]
}

/** Parameters of the template for each ServiceAccount: for its issuer's tokens, and for each EKS cluster that the role names. */
function templateParameters(found: Role, credentials: readonly FederatedCredential[]) {
  const clusters = arnsIn(found.trust, /"arn:[^:"]+:eks:([^:"]+):\d+:cluster\/([^"]+)"/g).map(
    ([region, PodIdentityCluster]) => ({ parameters: { PodIdentityCluster }, region }),
  )
  return credentials.flatMap(({ issuer, subject }) => {
    const [, ServiceAccount] = /^system:serviceaccount:([^:]+:[^:]+)$/.exec(subject) ?? []
    if (ServiceAccount === undefined) return []
    const byIssuer = { parameters: { Issuer: issuer, OidcProvider: 'existing' }, region: '' }
    return [byIssuer, ...clusters].map(({ parameters, region }) => ({
      parameters: { ...parameters, ServiceAccount },
      region,
    }))
  })
}

function profilesOf({ access }: Role) {
  const pattern = /"arn:[^:"]+:bedrock:([^:"]+):\d+:inference-profile\/([^"]+)"/g
  const resources = access.map(({ Resource }) => Resource)
  return arnsIn(resources, pattern).map(([region, id]) => ({ region, id }))
}

/** The region and the name in each ARN of these statements that matches `pattern`, at any depth. */
function arnsIn(statements: readonly unknown[], pattern: RegExp): readonly (readonly [string, string])[] {
  return [...JSON.stringify(statements).matchAll(pattern)].map(([, region = '', name = '']) => [region, name])
}

function markOf({ Effect }: Statement, isExtra: boolean): Pick<Branch, 'mark'> {
  return isExtra && Effect === 'Allow' ? { mark: 'surplus' } : {}
}

function isModelCall(action: unknown): boolean {
  return [action].flat().every(one => /^bedrock:(Invoke|Converse|CountTokens)/.test(String(one)))
}

function principalsOf({ Effect, Principal, NotPrincipal }: Statement): string {
  const words = `${Effect === 'Allow' ? '' : 'not: '}${Principal === undefined ? 'all but ' : ''}`
  const who = Principal ?? NotPrincipal
  if (typeof who !== 'object' || who === null) return `${words}${who}`
  return `${words}${Object.entries(who)
    .map(([kind, one]) => `${kind} ${listOf(one)}`)
    .join(', ')}`
}

function conditionsOf({ Condition }: Statement): string {
  const conditions = Object.entries((Condition ?? {}) as Readonly<Record<string, Statement>>).flatMap(
    ([operator, keys]) => Object.entries(keys).map(([key, value]) => `${key} ${operator} ${listOf(value)}`),
  )
  return conditions.length === 0 ? '' : ` if ${conditions.join(' and ')}`
}

function listOf(value: unknown): string {
  return [value].flat().map(String).join(', ')
}
