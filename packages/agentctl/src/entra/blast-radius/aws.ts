import type { Variables } from '@entra-agents/service-kit'
import type { Role } from '../../doctor/aws/role.ts'
import { renderRole } from '../../doctor/aws/role-template.ts'
import { compareStatements, type Statement } from '../../doctor/aws/statements.ts'
import { ParameterError } from '../../doctor/aws/template.ts'
import type { FederatedCredential } from '../settings.ts'
import { type BlastRadius, type Branch, groupUnder, surplusIf } from './branch.ts'

/**
 * Compares a role with the role that the CloudFormation template makes for these ServiceAccounts. Pods may assume it, by a token of
 * their cluster or by EKS Pod Identity; everybody else is surplus, and so is whatever the template does not let the role do.
 *
 * @param credentials the ServiceAccounts whose tokens the blueprint should accept
 * @param variables name the agent's model and region; default: those of the first inference profile that the role names
 */
export async function compareRole(
  arn: string,
  readRole: (arn: string) => Promise<Role>,
  credentials: readonly FederatedCredential[],
  { BEDROCK_MODEL_ID, AWS_REGION }: Variables,
): Promise<Pick<BlastRadius, 'who' | 'what'>> {
  const found = await readRole(arn)
  const possible = await Promise.all(
    templateParameters(found, credentials).map(one => renderOrError(arn, one.parameters, one.region)),
  )
  // If the template refuses parameters, the role cannot have been made with them.
  const trust = possible.flatMap(made => (made instanceof ParameterError ? [] : made.trust))
  const profile = profilesOf(found).find(
    ({ id, region }) => id === (BEDROCK_MODEL_ID || id) && region === (AWS_REGION || region),
  )
  const made =
    profile && (await renderOrError(arn, { PodIdentityCluster: 'any', ModelId: profile.id }, profile.region))
  const isRefused = made instanceof ParameterError
  const access = isRefused ? found.access.filter(isModelCall) : (made?.access ?? [])
  const { sessionHours: hours = 1 } = found
  return {
    who: groupUnder(`who may become ${arn}`, [
      ...compare(found.trust, trust, principalsOf),
      unread('who may change the role (IAM)'),
    ]),
    what: groupUnder(`AWS role ${arn}`, [
      ...compare(found.access, access, actionsOf),
      { title: `sessions of up to ${hours} h`, mark: surplusIf(hours > 1) },
      ...(isRefused ? [unread(`whether that is what the template gives: ${made.message}`)] : []),
    ]),
  }
}

const unread = (title: string): Branch => ({ title, mark: 'unread' })

async function renderOrError(...role: Parameters<typeof renderRole>): Promise<Role | ParameterError> {
  return renderRole(...role).catch(error => {
    if (error instanceof ParameterError) return error
    throw error
  })
}

function compare(
  found: readonly Statement[],
  wanted: readonly Statement[],
  describe: (statement: Statement) => string,
): readonly Branch[] {
  const { extra } = compareStatements(wanted, found)
  return found.map(one => ({
    title: `${describe(one)}${conditionsOf(one)}`,
    mark: surplusIf(one['Effect'] === 'Allow' && extra.includes(one)),
  }))
}

/** Parameters of the template for each ServiceAccount: for its issuer's tokens, and for each EKS cluster that the role names. */
function templateParameters({ trust }: Role, credentials: readonly FederatedCredential[]) {
  const clusters = arnsIn(trust, /"arn:[^:"]+:eks:([^:"]+):\d+:cluster\/([^"]+)"/g)
  return credentials.flatMap(({ issuer, subject }) => {
    const [, ServiceAccount] = /^system:serviceaccount:([^:]+:[^:]+)$/.exec(subject) ?? []
    if (ServiceAccount === undefined) return []
    const byIssuer = { parameters: { ServiceAccount, Issuer: issuer, OidcProvider: 'existing' }, region: '' }
    const byCluster = clusters.map(([region, PodIdentityCluster]) => ({
      parameters: { ServiceAccount, PodIdentityCluster },
      region,
    }))
    return [byIssuer, ...byCluster]
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

function isModelCall({ Action }: Statement): boolean {
  return [Action].flat().every(one => /^bedrock:(Invoke|Converse|CountTokens)/.test(String(one)))
}

function actionsOf({ Effect, Action, NotAction, Resource, NotResource }: Statement): string {
  const what = listOf(Action ?? `all but ${listOf(NotAction)}`)
  const where = listOf(Resource ?? `all but ${listOf(NotResource)}`)
  return `${Effect === 'Allow' ? 'may' : 'may not'} ${what} on ${where}`
}

function principalsOf({ Effect, Principal, NotPrincipal }: Statement): string {
  const words = `${Effect === 'Allow' ? '' : 'not: '}${Principal === undefined ? 'all but ' : ''}`
  const who = Principal ?? NotPrincipal ?? {}
  if (typeof who !== 'object') return `${words}${who}`
  return words + listOf(Object.entries(who).map(([kind, one]) => `${kind} ${listOf(one)}`))
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
