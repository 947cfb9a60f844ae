import { type ClusterReader, listInCluster } from '../../doctor/kube/kubectl.ts'
import type { Branch } from './branch.ts'

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
}
interface Selector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}
type Labels = Readonly<Record<string, string>>

/** A webhook, or a policy with its binding. */
interface Admission {
  readonly name: string
  readonly isMutating: boolean
  readonly rules: readonly Rule[]
  readonly selectors: readonly (Selector | undefined)[]
}

const enforceLabel = 'pod-security.kubernetes.io/enforce'

/**
 * What decides about new pods of the namespace besides RBAC: Pod Security, and admission webhooks and policies that may change
 * or refuse them.
 */
export async function readAdmission(
  cluster: ClusterReader,
  namespace: string,
  accepted: readonly string[],
): Promise<readonly Branch[]> {
  const [namespaces, ...found] = await Promise.all([
    listInCluster<LabelledObject>(cluster, 'namespaces', '--field-selector', `metadata.name=${namespace}`),
    listInCluster<AdmissionPolicy>(cluster, 'mutatingwebhookconfigurations,validatingwebhookconfigurations'),
    listInCluster<AdmissionPolicy>(cluster, 'mutatingadmissionpolicies,mutatingadmissionpolicybindings'),
    listInCluster<AdmissionPolicy>(cluster, 'validatingadmissionpolicies,validatingadmissionpolicybindings'),
  ])
  const [object] = namespaces ?? []
  const labels = object && (object.metadata.labels ?? {})
  const known = found.flatMap(objects => (objects ? toAdmissions(objects) : []))
  const here = known.filter(({ selectors }) => selectors.every(one => !labels || selects(one, labels)))
  const mutating = here.filter(one => one.isMutating && one.rules.some(rule => isAbout(rule, ['pods'])))
  const limiting = here.filter(
    one => !one.isMutating && one.rules.some(rule => isAbout(rule, ['pods', 'serviceaccounts/token'])),
  )
  return [
    podSecurityBranch(labels),
    ...namesOf(mutating).map(name => ({
      title: `${name} may change its pods as they are made`,
      ...(accepted.includes(name) ? {} : { mark: 'surplus' as const }),
    })),
    ...(found.some(objects => !objects)
      ? [{ title: 'webhooks and policies that admit its pods', mark: 'unread' as const }]
      : []),
    limiting.length > 0
      ? { title: `what ${namesOf(limiting).join(', ')} let pass of its pods and tokens`, mark: 'unread' }
      : { title: 'no policy or webhook is known that limits image and audience of its pods' },
  ]
}

function podSecurityBranch(labels: Labels | undefined): Branch {
  if (!labels) return { title: 'Pod Security of the namespace', mark: 'unread' }
  return labels[enforceLabel] === 'restricted'
    ? { title: 'Pod Security of the namespace: restricted' }
    : {
        title: `Pod Security of the namespace: ${labels[enforceLabel] ?? 'no label'}, not restricted`,
        mark: 'fault',
      }
}

function namesOf(admissions: readonly Admission[]): readonly string[] {
  return [...new Set(admissions.map(({ name }) => name))]
}

interface LabelledObject {
  readonly metadata: { readonly labels?: Labels }
}

interface AdmissionPolicy {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly webhooks?: readonly { readonly rules?: readonly Rule[]; readonly namespaceSelector?: Selector }[]
  readonly spec?: {
    readonly policyName?: string
    readonly matchConstraints?: MatchConstraints
    readonly matchResources?: MatchConstraints
  }
}
interface MatchConstraints {
  readonly namespaceSelector?: Selector
  readonly resourceRules?: readonly Rule[]
}

/**
 * A policy does nothing without a binding. Pod labels and match conditions are not evaluated, so the list may have a policy
 * that does not apply.
 */
function toAdmissions(policies: readonly AdmissionPolicy[]): readonly Admission[] {
  return policies.flatMap(({ kind, metadata, webhooks = [], spec }) => {
    const isMutating = kind.startsWith('Mutating')
    if (!kind.endsWith('Binding'))
      return webhooks.map(({ rules = [], namespaceSelector }) => ({
        ...{ name: `${kind}:${metadata.name}`, isMutating, rules },
        selectors: [namespaceSelector],
      }))
    const policy = policies.find(
      one => kind === `${one.kind}Binding` && one.metadata.name === spec?.policyName,
    )
    const constraints = policy?.spec?.matchConstraints
    if (!policy) return []
    return {
      ...{ name: `${policy.kind}:${policy.metadata.name}`, isMutating },
      rules: constraints?.resourceRules ?? [],
      selectors: [constraints?.namespaceSelector, spec?.matchResources?.namespaceSelector],
    }
  })
}

function isAbout({ apiGroups = [], resources = [] }: Rule, wanted: readonly string[]): boolean {
  return (
    (apiGroups.includes('*') || apiGroups.includes('')) &&
    wanted.some(one => {
      const [resource, subresource] = one.split('/')
      const any = subresource === undefined ? ['*', '*/*'] : ['*/*', `${resource}/*`, `*/${subresource}`]
      return [one, ...any].some(name => resources.includes(name))
    })
  )
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function selects({ matchLabels = {}, matchExpressions = [] }: Selector = {}, labels: Labels): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return (
    equal &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        default:
          return true
      }
    })
  )
}
