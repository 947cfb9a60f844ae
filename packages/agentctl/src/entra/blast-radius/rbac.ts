/** A rule of a Role or ClusterRole (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
export interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}
/** A role or a binding, of the cluster or of a namespace. */
export interface RbacObject {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[] | null
  readonly roleRef?: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly Subject[]
}

/** Requests to the API server: each of the verbs on each of the resources. */
export interface Access {
  readonly verbs: readonly string[]
  readonly group: string
  /** A subresource stands after a slash, as in `pods/exec`. */
  readonly resources: readonly string[]
  /** Names of the objects; if absent, any object will do. */
  readonly names?: readonly string[] | undefined
  /** If absent, only a binding for the whole cluster gives this access. */
  readonly namespace?: string
}

export interface Holder {
  /** As Kubernetes spells callers: `system:serviceaccount:<namespace>:<name>`, or the name of a user or group. */
  readonly name: string
  readonly binding: RbacObject
  /** Whether the API server makes this binding of this subject at its start. Its label proves nothing, since anybody may set it. */
  readonly isBootstrap: boolean
}

/**
 * Finds the subjects that have one of these accesses, and the binding that gives it to them. Lists each subject once, by a binding of
 * the API server only if there is no other one.
 *
 * @param bootstrap the bindings of the API server that give one of these accesses
 */
export function findHolders(
  objects: readonly RbacObject[],
  accesses: readonly Access[],
  bootstrap: readonly string[],
): readonly Holder[] {
  const holders = accesses.flatMap(access =>
    objects
      .filter(
        ({ kind, metadata: { namespace } }) =>
          kind === 'ClusterRoleBinding' || (kind === 'RoleBinding' && namespace === access.namespace),
      )
      .filter(binding => rulesOf(objects, binding).some(rule => allows(rule, access)))
      .flatMap(binding => (binding.subjects ?? []).map(subject => toHolder(subject, binding, bootstrap))),
  )
  const found = Map.groupBy(holders, ({ name }) => name)
  return [...found.values()].map(ones => (ones.find(one => !one.isBootstrap) ?? ones[0]) as Holder)
}

function toHolder(subject: Subject, binding: RbacObject, bootstrap: readonly string[]): Holder {
  const { kind, roleRef, metadata } = binding
  const isAccount = subject.kind === 'ServiceAccount'
  const name = isAccount ? `system:serviceaccount:${subject.namespace}:${subject.name}` : subject.name
  const isBootstrap =
    kind === 'ClusterRoleBinding' &&
    bootstrap.includes(metadata.name) &&
    roleRef?.name === metadata.name &&
    `${subject.kind} ${name}` === bootstrapSubject(metadata.name)
  return { name, binding, isBootstrap }
}

/** Whom the API server binds by its ClusterRoleBinding of this name. */
function bootstrapSubject(name: string): string {
  const [, controller] = /^system:controller:(.+)$/.exec(name) ?? []
  if (controller !== undefined) return `ServiceAccount system:serviceaccount:kube-system:${controller}`
  return name === 'cluster-admin' ? 'Group system:masters' : `User ${name}`
}

function rulesOf(objects: readonly RbacObject[], { roleRef, metadata }: RbacObject): readonly Rule[] {
  const role = objects.find(
    one =>
      one.kind === roleRef?.kind &&
      one.metadata.name === roleRef.name &&
      (one.kind === 'ClusterRole' || one.metadata.namespace === metadata.namespace),
  )
  return role?.rules ?? []
}

/** Whether a rule allows part of an access. */
export function allows(
  { verbs, apiGroups = [], resources = [], resourceNames = [] }: Rule,
  { verbs: asked, group, resources: wanted, names }: Access,
): boolean {
  const isNamed = resourceNames.length > 0
  if (!apiGroups.includes('*') && !apiGroups.includes(group)) return false
  if (names && !names.some(name => !isNamed || resourceNames.includes(name))) return false
  return wanted
    .filter(resource => coversResource(resources, resource))
    .some(resource =>
      asked
        // Who may use all verbs does not need to be somebody else.
        .filter(verb => verbs.includes(verb) || (verbs.includes('*') && !verb.startsWith('impersonate-on:')))
        // A request to create something has a name only for a subresource, so a rule with names allows no other creation.
        .some(verb => !isNamed || !/^(create|deletecollection|\*)$/.test(verb) || resource.includes('/')),
    )
}

/** A name with a slash is a subresource: rules for `*` and `*\/<subresource>` cover it, a rule for its resource does not. */
function coversResource(resources: readonly string[], wanted: string): boolean {
  const [, subresource] = wanted.split('/')
  return ['*', wanted, ...(subresource === undefined ? [] : [`*/${subresource}`])].some(one =>
    resources.includes(one),
  )
}
