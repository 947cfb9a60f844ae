import { type ClusterReader, listInCluster } from '../../doctor/kube/kubectl.ts'
import { type Branch, surplusIf } from './branch.ts'
import { allows, type Rule } from './rbac.ts'
import { type Account, type Way, type Ways, waysToActAs } from './ways.ts'
import type { Labels } from './workloads.ts'

interface AdmissionRule extends Omit<Rule, 'verbs'> {
  readonly operations?: readonly string[]
}
interface Selector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** Where a webhook or a policy acts. */
interface Scope {
  readonly namespaceSelector?: Selector
  readonly objectSelector?: Selector
  readonly matchConditions?: readonly unknown[]
}

/** A webhook, or a policy with its binding. */
interface Admission {
  readonly name: string
  readonly isMutating: boolean
  /** Its rules, as if they gave somebody rights. */
  readonly rules: readonly Rule[]
  readonly scopes: readonly Scope[]
}

const kinds = [
  'mutatingwebhookconfigurations,validatingwebhookconfigurations',
  'mutatingadmissionpolicies,mutatingadmissionpolicybindings',
  'validatingadmissionpolicies,validatingadmissionpolicybindings',
]
/** Those that matter of what `pods/*` and `serviceaccounts/*` stand for. */
const subresources = ['ephemeralcontainers', 'token']
const enforceLabel = 'pod-security.kubernetes.io/enforce'
const verbsOf: Readonly<Record<string, readonly string[]>> = {
  CREATE: ['create'],
  UPDATE: ['update', 'patch'],
  '*': ['create', 'update', 'patch'],
}

/**
 * What decides about objects of the namespace besides RBAC: Pod Security, and webhooks and policies that may refuse them, or change
 * them as they are written, which is as good as the right to write them.
 *
 * @param objects the labels of the account’s pods and of what makes them; not known if empty
 */
export async function readAdmission(
  cluster: ClusterReader,
  account: Account,
  objects: readonly Labels[],
  accepted: readonly string[],
): Promise<readonly Branch[]> {
  const itself = ['--field-selector', `metadata.name=${account.namespace}`]
  const [[namespace], ...found] = await Promise.all([
    listInCluster<AdmissionObject>(cluster, 'namespaces', ...itself),
    ...kinds.map(kind => listInCluster<AdmissionObject>(cluster, kind)),
  ])
  const labels = namespace?.metadata.labels ?? {}
  const here = toAdmissions(found.flat()).filter(({ scopes }) =>
    scopes.every(({ namespaceSelector }) => selects(namespaceSelector, labels)),
  )
  return [podSecurityBranch(labels), ...admissionBranches(here, waysToActAs(account), objects, accepted)]
}

function admissionBranches(
  here: readonly Admission[],
  ways: Ways,
  objects: readonly Labels[],
  accepted: readonly string[],
): readonly Branch[] {
  const [, mint, run, enter] = ways
  const isAbout = ({ rules, scopes }: Admission, way: Way) => {
    const [, , ...accesses] = way
    const written = accesses.filter(one => !one.verbs.includes('get') && one.namespace !== 'kube-system')
    // Only of pods and what makes them are the labels known.
    const labels = way === run || way === enter ? objects : []
    const isSelected = ({ objectSelector }: Scope) => labels.some(one => selects(objectSelector, one))
    const isWritten = written.some(access => rules.some(rule => allows(rule, access)))
    return isWritten && (labels.length === 0 || scopes.every(isSelected))
  }
  const limiting = here.filter(one => !one.isMutating && (isAbout(one, mint) || isAbout(one, run)))
  const changing = ways.flatMap(way =>
    here
      .filter(one => one.isMutating && isAbout(one, way))
      .map(({ name, scopes }) => {
        const isConditional = scopes.some(({ matchConditions = [] }) => matchConditions.length > 0)
        const more = isConditional ? '; its matchConditions are not evaluated' : ''
        const title = `${name} ${way[0]} (as objects are written${more})`
        return [title, { title, mark: surplusIf(!accepted.includes(name)) }] as const
      }),
  )
  const limits = [...new Set(limiting.map(({ name }) => name))].join(', ')
  return [
    ...new Map(changing).values(),
    limits === ''
      ? { title: 'no policy or webhook is known that limits image and audience of its pods' }
      : { title: `what ${limits} let pass of its pods and tokens`, mark: 'unread' },
  ]
}

function podSecurityBranch({ [enforceLabel]: level = 'no label' }: Labels): Branch {
  const title = `Pod Security of the namespace: ${level}`
  return level === 'restricted' ? { title } : { title: `${title}, not restricted`, mark: 'fault' }
}

/** A webhook configuration, a policy, a policy’s binding, or the namespace. */
interface AdmissionObject {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly webhooks?: readonly (Scope & { readonly rules?: readonly AdmissionRule[] })[]
  readonly spec?: Pick<Scope, 'matchConditions'> & {
    readonly policyName?: string
    readonly matchConstraints?: Scope & { readonly resourceRules?: readonly AdmissionRule[] }
    readonly matchResources?: Scope
  }
}

/** A policy does nothing without a binding. */
function toAdmissions(policies: readonly AdmissionObject[]): readonly Admission[] {
  return policies.flatMap(({ kind, metadata, webhooks = [], spec }) => {
    const isMutating = kind.startsWith('Mutating')
    if (!kind.endsWith('Binding'))
      return webhooks.map(({ rules = [], ...scope }) => ({
        ...{ name: `${kind}:${metadata.name}`, isMutating, rules: rules.map(toRule), scopes: [scope] },
      }))
    const policy = policies.find(
      one => kind === `${one.kind}Binding` && one.metadata.name === spec?.policyName,
    )
    if (!policy?.spec) return []
    const { matchConstraints = {}, ...conditions } = policy.spec
    return {
      ...{ name: `${policy.kind}:${policy.metadata.name}`, isMutating },
      rules: (matchConstraints.resourceRules ?? []).map(toRule),
      scopes: [matchConstraints, conditions, spec?.matchResources ?? {}],
    }
  })
}

function toRule({ operations = [], resources = [], ...rule }: AdmissionRule): Rule {
  return {
    ...rule,
    verbs: operations.flatMap(one => verbsOf[one] ?? []),
    resources: resources.flatMap(one =>
      one === '*/*' ? '*' : one.endsWith('/*') ? subresources.map(sub => one.replace('*', sub)) : one,
    ),
  }
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function selects({ matchLabels = {}, matchExpressions = [] }: Selector = {}, labels: Labels): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return (
    equal &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const isThere = key in labels && (!operator.endsWith('In') || values.includes(labels[key] ?? ''))
      return isThere === /^(In|Exists)$/.test(operator)
    })
  )
}
