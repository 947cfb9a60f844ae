import type { FederatedCredential } from '../settings.ts'
import { type Branch, group } from './branch.ts'

type Statement = Readonly<Record<string, unknown>>

/** A role of AWS: who may become it, and what it may do. */
export interface AwsRole {
  readonly trust: readonly Statement[]
  readonly access: readonly Statement[]
}

/** Who may be the role of the pods in AWS: the pods by a token of their cluster, or by EKS Pod Identity; everybody else is surplus. */
export function trustOf({ trust }: AwsRole, credentials: readonly FederatedCredential[]): readonly Branch[] {
  return [
    ...trust.map(statement => ({
      title: `${principalsOf(statement)}${conditionsOf(statement)}`,
      ...(isPlanned(statement, credentials) ? {} : { mark: 'surplus' as const }),
    })),
    { title: 'who may change the role (IAM)', mark: 'unread' as const },
  ]
}

/** What the role may do; more than calling models is surplus. */
export function accessOf(arn: string, { access }: AwsRole): readonly Branch[] {
  return group(
    `AWS role ${arn}`,
    access.map(({ Effect, Action, NotAction, Resource }) => ({
      title: `${Effect === 'Allow' ? 'may' : 'may not'} ${listOf(Action ?? `all but ${listOf(NotAction)}`)} on ${listOf(Resource)}`,
      ...(Effect !== 'Allow' || isModelCall(Action) ? {} : { mark: 'surplus' as const }),
    })),
  )
}

function isPlanned({ Effect, Principal, Condition }: Statement, credentials: readonly FederatedCredential[]) {
  if (Effect !== 'Allow') return true
  const principal = (Principal ?? {}) as Readonly<Record<string, unknown>>
  if (Object.keys(principal).length !== 1) return false
  const equal = ((Condition as Statement | undefined)?.['StringEquals'] ?? {}) as Statement
  return credentials.some(({ issuer, subject }) => {
    const [, , namespace, account] = subject.split(':')
    if (principal['Service'] === 'pods.eks.amazonaws.com')
      return (
        listOf(equal['aws:RequestTag/kubernetes-namespace']) === namespace &&
        listOf(equal['aws:RequestTag/kubernetes-service-account']) === account
      )
    // As the cluster spells it, a slash at the end included.
    const host = issuer.replace(/^https:\/\//, '')
    return (
      String(principal['Federated']).endsWith(`:oidc-provider/${host}`) &&
      listOf(equal[`${host}:sub`]) === subject &&
      listOf(equal[`${host}:aud`]) === 'sts.amazonaws.com'
    )
  })
}

function isModelCall(action: unknown): boolean {
  return [action].flat().every(one => /^bedrock:(Invoke|Converse|CountTokens)/.test(String(one)))
}

function principalsOf({ Effect, Principal }: Statement): string {
  const words = Effect === 'Allow' ? '' : 'not: '
  if (typeof Principal !== 'object' || Principal === null) return `${words}${Principal}`
  return `${words}${Object.entries(Principal)
    .map(([kind, who]) => `${kind} ${listOf(who)}`)
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
