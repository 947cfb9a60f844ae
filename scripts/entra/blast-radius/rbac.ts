/** A rule of a Role or ClusterRole (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
export interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

interface NamedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}
export interface Role extends NamedObject {
  readonly kind: string
  readonly rules?: readonly Rule[] | null
}
export interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}
export interface Binding extends NamedObject {
  readonly kind: string
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly Subject[]
}

/** Requests to the API server: each of the verbs on each of the resources. */
export interface Access {
  readonly verbs: readonly string[]
  readonly group: string
  /** A subresource stands after a slash, as in `pods/exec`. */
  readonly resources: readonly string[]
  /** Name of the object; if absent, any object will do. */
  readonly name?: string
  /** Only a binding for the whole cluster gives this access. */
  readonly isClusterWide?: true
}

/** One of the requests of an access. */
export interface Request {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly name?: string | undefined
  readonly isClusterWide?: true | undefined
}

export interface Holder {
  readonly subject: Subject
  readonly binding: Binding
  /** The first request that the binding allows. */
  readonly request: Request
  /** Whether the role allows everything in the whole cluster. */
  readonly isAdministrator: boolean
}

/**
 * Finds the subjects that have one of these accesses in the namespace of the roles, and the binding that gives it to them.
 * Lists each subject once, in the order of the bindings.
 */
export function findHolders(
  roles: readonly Role[],
  bindings: readonly Binding[],
  accesses: readonly Access[],
): readonly Holder[] {
  const found = new Map<string, Holder>()
  for (const binding of bindings) {
    const rules = rulesOf(roles, binding)
    const isForCluster = binding.kind === 'ClusterRoleBinding'
    const [request] = accesses
      .filter(({ isClusterWide }) => isForCluster || !isClusterWide)
      .flatMap(access => rules.flatMap(rule => allowedRequests(rule, access)))
    if (!request) continue
    const isAdministrator = isForCluster && rules.some(allowsEverything)
    for (const subject of binding.subjects ?? []) {
      const key = nameOf(subject)
      if (!found.has(key)) found.set(key, { subject, binding, request, isAdministrator })
    }
  }
  return [...found.values()]
}

/** The subject as Kubernetes spells callers: `system:serviceaccount:<namespace>:<name>`, or the name of a user or group. */
export function nameOf({ kind, name, namespace }: Subject): string {
  return kind === 'ServiceAccount' ? `system:serviceaccount:${namespace}:${name}` : name
}

function rulesOf(roles: readonly Role[], { roleRef, metadata }: Binding): readonly Rule[] {
  const role = roles.find(
    one =>
      one.kind === roleRef.kind &&
      one.metadata.name === roleRef.name &&
      (one.kind === 'ClusterRole' || one.metadata.namespace === metadata.namespace),
  )
  return role?.rules ?? []
}

function allowsEverything({ verbs, apiGroups = [], resources = [] }: Rule): boolean {
  return [verbs, apiGroups, resources].every(list => list.includes('*'))
}

/** The part of an access that a rule allows, as single requests. */
function allowedRequests(
  { verbs, apiGroups = [], resources = [], resourceNames = [] }: Rule,
  { verbs: asked, group, resources: wanted, name, isClusterWide }: Access,
): readonly Request[] {
  const isNamed = resourceNames.length > 0
  if (!apiGroups.includes('*') && !apiGroups.includes(group)) return []
  if (isNamed && name !== undefined && !resourceNames.includes(name)) return []
  return wanted
    .filter(resource => coversResource(resources, resource))
    .flatMap(resource =>
      asked
        .filter(verb => verbs.includes('*') || verbs.includes(verb))
        // A request to create something has a name only for a subresource, so a rule with names allows no other creation.
        .filter(verb => !isNamed || verb !== 'create' || resource.includes('/'))
        .map(verb => ({ verb, group, resource, name: name ?? resourceNames[0], isClusterWide })),
    )
}

/** A name with a slash is a subresource: rules for `*` and `*\/<subresource>` cover it, a rule for its resource does not. */
function coversResource(resources: readonly string[], wanted: string): boolean {
  const [, subresource] = wanted.split('/')
  return ['*', wanted, ...(subresource === undefined ? [] : [`*/${subresource}`])].some(one =>
    resources.includes(one),
  )
}
