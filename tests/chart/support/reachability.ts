import { BlockList, isIPv6 } from 'node:net'
import type {
  KubernetesObject,
  LabelSelector,
  Labels,
  NetworkPolicySpec,
  Peer,
  PolicyRule,
} from '../../support/kubernetes.ts'

/** A pod, or an address outside the cluster. Namespaces have their name as a label, as in Kubernetes. */
export type Place = { readonly namespace: string; readonly labels: Labels } | { readonly address: string }

/** A pod of the chart's release, or of another release of the same name in another namespace. */
export function componentPod(component: string, namespace = 'agents'): Place {
  const labels = { name: 'entra-bedrock-agent', instance: 'demo', component }
  return {
    namespace,
    labels: Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [`app.kubernetes.io/${key}`, value]),
    ),
  }
}

interface Connection {
  readonly from: Place
  readonly to: Place
  readonly port: number
  readonly protocol: string
}

/** Whether policies in `namespace` allow a connection, by the rules of networking.k8s.io/v1. */
export function isAllowed(
  policies: readonly KubernetesObject[],
  namespace: string,
  connection: Connection,
): boolean {
  const specs = policies.map(({ spec }) => spec as NetworkPolicySpec)
  const passes = (end: Place, other: Place, type: 'Ingress' | 'Egress') => {
    const governing = specs.filter(
      spec => spec.policyTypes.includes(type) && selectsPod(spec, namespace, end),
    )
    if (governing.length === 0) return true
    const rules = governing.flatMap(spec => (type === 'Ingress' ? spec.ingress : spec.egress) ?? [])
    return rules.some(rule => allows(rule, namespace, other, connection))
  }
  return passes(connection.from, connection.to, 'Egress') && passes(connection.to, connection.from, 'Ingress')
}

function selectsPod({ podSelector }: NetworkPolicySpec, namespace: string, place: Place): boolean {
  return 'labels' in place && place.namespace === namespace && selects(podSelector, place.labels)
}

function allows(rule: PolicyRule, namespace: string, other: Place, { port, protocol }: Connection): boolean {
  const peers = rule.from ?? rule.to
  const portFits = rule.ports?.some(allowed => allowed.port === port && allowed.protocol === protocol) ?? true
  return portFits && (peers === undefined || peers.some(peer => isPeer(peer, namespace, other)))
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, namespace: string, place: Place): boolean {
  if (ipBlock) {
    return (
      'address' in place &&
      isWithin([ipBlock.cidr], place.address) &&
      !isWithin(ipBlock.except ?? [], place.address)
    )
  }
  if ('address' in place) return false
  const namespaceFits = namespaceSelector
    ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': place.namespace })
    : place.namespace === namespace
  return namespaceFits && selects(podSelector ?? {}, place.labels)
}

function selects(selector: LabelSelector, labels: Labels): boolean {
  const unknown = Object.keys(selector).filter(key => key !== 'matchLabels')
  if (unknown.length > 0) throw new Error(`The evaluator of policies does not know ${unknown}.`)
  return Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value)
}

/** Whether an address lies in one of the blocks. */
export function isWithin(blocks: readonly string[], address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  for (const block of blocks) {
    const [net = '', bits] = block.split('/')
    // Blocks of the other address family are left out, since BlockList finds IPv4 addresses in ::/0 too.
    if (isIPv6(net) === isIPv6(address)) list.addSubnet(net, Number(bits), family)
  }
  return list.check(address, family)
}
