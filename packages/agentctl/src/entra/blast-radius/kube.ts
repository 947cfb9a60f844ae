import { type ClusterReader, listInCluster } from '../../doctor/kube/kubectl.ts'
import type { FederatedCredential } from '../settings.ts'
import { readAdmission } from './admission.ts'
import { type Branch, surplusIf, unreadBranch } from './branch.ts'
import { findHolders, type RbacObject } from './rbac.ts'
import { type Account, everything, insideSystem, waysToActAs } from './ways.ts'
import { readWorkloads } from './workloads.ts'

/** What the API server does not show. */
const unreadBranches: readonly Branch[] = [
  'rights in the cluster by the cloud (EKS access entries, AKS RBAC), which RBAC does not show',
  'who gets onto the nodes: by the cloud, or by privileged pods and hostPath volumes of other namespaces',
  'custom resources: operators that make pods, network policies and routes of other vendors',
  'who asked for tokens of the ServiceAccount, which only the audit log of the API server tells',
].map(title => ({ title, mark: 'unread' }))

/**
 * Who can act as a pod whose token is the blueprint's credential, or steer one, by the RBAC of kubectl's cluster. The control
 * plane is left out where the API server itself gave it its rights; everybody else is surplus unless accepted.
 *
 * @param accepted subjects that may act as such a pod, spelt as in the output: `system:serviceaccount:<namespace>:<name>`
 */
export async function readKube(
  cluster: ClusterReader,
  credentials: readonly FederatedCredential[],
  accepted: readonly string[],
): Promise<readonly Branch[]> {
  try {
    const { issuer } = JSON.parse(await cluster.run(['get', '--raw', '/.well-known/openid-configuration']))
    const branches = credentials.map(({ issuer: trusted, subject }): Branch | Promise<Branch> => {
      const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? []
      return trusted === issuer && namespace !== undefined && name !== undefined
        ? readAccount(cluster, { namespace, name }, accepted)
        : { title: `who can be ${subject} of ${trusted}, which is not kubectl’s cluster`, mark: 'unread' }
    })
    return [...(await Promise.all(branches)), ...unreadBranches]
  } catch (error) {
    return [unreadBranch('who can be a pod of the agent', error as Error)]
  }
}

async function readAccount(
  cluster: ClusterReader,
  bare: Account,
  accepted: readonly string[],
): Promise<Branch> {
  const unread = (title: string) => (error: Error) => [unreadBranch(title, error)]
  const { account, labels, branches } = await readWorkloads(cluster, bare, accepted).catch(error => ({
    ...{ account: bare, labels: [], branches: unread('what runs in the namespace')(error) },
  }))
  const more = await Promise.all([
    readHolders(cluster, account, accepted).catch(unread('who has rights by RBAC')),
    readAdmission(cluster, account, labels, accepted).catch(
      unread('Pod Security, webhooks and policies of the namespace'),
    ),
  ])
  return {
    title: `who can be ServiceAccount ${account.namespace}:${account.name}`,
    branches: [...branches, ...more.flat()],
  }
}

async function readHolders(cluster: ClusterReader, account: Account, accepted: readonly string[]) {
  const lists = await Promise.all([
    listInCluster<RbacObject>(cluster, 'clusterroles,clusterrolebindings'),
    ...[...new Set([account.namespace, 'kube-system'])].map(namespace =>
      listInCluster<RbacObject>(cluster, 'roles,rolebindings', '--namespace', namespace),
    ),
  ])
  const found = waysToActAs(account).flatMap(([way, bootstrap, ...accesses]) =>
    findHolders(lists.flat(), accesses, bootstrap).map(holder => ({ way, ...holder })),
  )
  const isTold = ({ way, name, binding, isBootstrap }: (typeof found)[number]) => {
    if (way === everything || isBootstrap) return way === everything
    const others = found.filter(one => one.name === name && one.way !== way)
    return !others.some(one => one.way === everything || (way === insideSystem && one.binding === binding))
  }
  return found.filter(isTold).map(({ way, name, binding, isBootstrap }): Branch => {
    const { metadata, kind } = binding
    const bindingName = [metadata.namespace, metadata.name].filter(Boolean).join(':')
    const mark = surplusIf(!isBootstrap && !accepted.includes(name))
    return { title: `${name} ${way} (${kind} ${bindingName})`, mark }
  })
}
