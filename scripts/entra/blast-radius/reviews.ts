import type { ClusterReader } from '../../doctor/kube/kubectl.ts'
import { type Holder, nameOf, type Subject } from './rbac.ts'

/**
 * Asks the API server whether it allows each holder's request
 * (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access), since other authorizers than
 * RBAC may decide too.
 *
 * @returns one answer for each holder; `undefined` if kubectl's user may not ask
 */
export async function reviewAccess(
  cluster: ClusterReader,
  namespace: string,
  holders: readonly Holder[],
): Promise<readonly boolean[] | undefined> {
  if (holders.length === 0) return []
  const list = { apiVersion: 'v1', kind: 'List', items: holders.map(holder => toReview(holder, namespace)) }
  const print = ['--output', 'jsonpath={.status.allowed} ']
  try {
    const allowed = (await cluster.run(['create', '--filename', '-', ...print], JSON.stringify(list)))
      .trim()
      .split(' ')
    return allowed.length === holders.length ? allowed.map(word => word === 'true') : undefined
  } catch {
    return undefined
  }
}

function toReview({ subject, request }: Holder, namespace: string) {
  const { verb, group, name, isClusterWide } = request
  const [resource, subresource] = request.resource.split('/')
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      ...toCaller(subject),
      resourceAttributes: {
        ...(isClusterWide ? {} : { namespace }),
        ...{ verb, group, resource, subresource, name },
      },
    },
  }
}

/** The subject with the groups that Kubernetes puts all subjects of this kind into. */
function toCaller(subject: Subject) {
  const name = nameOf(subject)
  const everybody = 'system:authenticated'
  switch (subject.kind) {
    case 'Group':
      return { groups: [name] }
    case 'ServiceAccount':
      return {
        user: name,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${subject.namespace}`, everybody],
      }
    default:
      return { user: name, groups: name === 'system:anonymous' ? ['system:unauthenticated'] : [everybody] }
  }
}
