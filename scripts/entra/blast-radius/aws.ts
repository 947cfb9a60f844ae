import type { Role } from '../../doctor/aws/role.ts'
import { compare, type Statement } from '../../doctor/aws/statements.ts'
import type { FederatedCredential } from '../settings.ts'
import { type Branch, group } from './branch.ts'

/** A role of AWS, and what the CloudFormation template would make of it. */
export interface ComparedRole {
  readonly arn: string
  readonly found: Role
  readonly wanted: Role
  /** Why there is nothing to compare its access with. */
  readonly whyNot?: string
}

/**
 * Compares a role with the template, for the ServiceAccounts whose tokens the blueprint takes.
 *
 * @param variables which model the agent calls; where they don't tell: the one whose inference profile the role names first
 */
export async function compareRole(
  arn: string,
  found: Role,
  credentials: readonly FederatedCredential[],
  { BEDROCK_MODEL_ID, AWS_REGION }: Readonly<Record<string, string | undefined>>,
): Promise<ComparedRole> {
  // Loaded here, since only this command needs them.
  const { renderRole } = await import('../../doctor/aws/role-template.ts')
  const { ParameterError } = await import('../../doctor/aws/template.ts')
  const trust: Statement[] = []
  for (const { parameters, region } of waysOf(found, credentials))
    try {
      trust.push(...(await renderRole(arn, parameters, region)).trust)
    } catch (error) {
      // The template refuses these parameters, so the role was not made with them.
      if (!(error instanceof ParameterError)) throw error
    }
  const profile = profilesOf(found).find(
    ({ id, region }) => id === (BEDROCK_MODEL_ID || id) && region === (AWS_REGION || region),
  )
  if (!profile) return { arn, found, wanted: { trust, access: [] } }
  try {
    const parameters = { PodIdentityCluster: 'any', ModelId: profile.id }
    const { access } = await renderRole(arn, parameters, profile.region)
    return { arn, found, wanted: { trust, access } }
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error
    return { arn, found, wanted: { trust, access: [] }, whyNot: error.message }
  }
}

/** Who may become the role: the pods by a token of their cluster, or by EKS Pod Identity; everybody else is surplus. */
export function trustOf({ found, wanted }: ComparedRole): readonly Branch[] {
  const { extra } = compare(wanted.trust, found.trust)
  return [
    ...found.trust.map(statement => ({
      title: `${principalsOf(statement)}${conditionsOf(statement)}`,
      ...markOf(statement, extra.includes(statement)),
    })),
    { title: 'who may change the role (IAM)', mark: 'unread' as const },
  ]
}

/** What the role may do; more than the template gives it is surplus. */
export function accessOf({ arn, found, wanted, whyNot }: ComparedRole): readonly Branch[] {
  const { extra } = compare(wanted.access, found.access)
  return group(`AWS role ${arn}`, [
    ...found.access.map(statement => {
      const { Effect, Action, NotAction, Resource, NotResource } = statement
      const what = listOf(Action ?? `all but ${listOf(NotAction)}`)
      const where = listOf(Resource ?? `all but ${listOf(NotResource)}`)
      const isExtra = extra.includes(statement) && !(whyNot !== undefined && isModelCall(Action))
      return {
        title: `${Effect === 'Allow' ? 'may' : 'may not'} ${what} on ${where}${conditionsOf(statement)}`,
        ...markOf(statement, isExtra),
      }
    }),
    ...(whyNot === undefined
      ? []
      : [{ title: `whether that is what the template gives: ${whyNot}`, mark: 'unread' as const }]),
  ])
}

/** How the template lets ServiceAccounts become a role: by tokens of their issuer, or in the EKS clusters that it names itself. */
function waysOf(found: Role, credentials: readonly FederatedCredential[]) {
  const clusters = found.trust.flatMap(statement =>
    textsOf(statement).flatMap(text => {
      const [, region, name] = /^arn:[^:]+:eks:([^:]+):\d+:cluster\/(.+)$/.exec(text) ?? []
      return region && name ? [{ parameters: { PodIdentityCluster: name }, region }] : []
    }),
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
  return access.flatMap(({ Resource }) =>
    textsOf(Resource).flatMap(text => {
      const [, region, id] = /^arn:[^:]+:bedrock:([^:]+):\d+:inference-profile\/(.+)$/.exec(text) ?? []
      return region && id ? [{ region, id }] : []
    }),
  )
}

/** All texts in a value, however deep. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.values(value).flatMap(textsOf)
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
