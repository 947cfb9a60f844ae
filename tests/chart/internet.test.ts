import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import type { KubernetesObject, NetworkPolicySpec } from '../support/kubernetes.ts'
import { needs } from '../support/programs.ts'
import { componentPod, isAllowed, isWithin } from './support/reachability.ts'
import { render, renderWith } from './support/render.ts'

needs('helm')

/** Ranges that are not the internet: IANA's special-purpose addresses, and metadata services of clouds. */
const notInternet = [
  ...['0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16'],
  // Shared with carriers, as EKS and Alibaba's metadata service are.
  '100.64.0.0/10',
  // Link-local, with the metadata services; and the WireServer of Azure.
  ...['169.254.0.0/16', '168.63.129.16/32'],
  // Measurement in labs, multicast, and reserved addresses, which clouds give to pods.
  ...['198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
]

const notInternetIPv6 = [
  ...['::', '::1', 'fe80::1', 'fec0::1', 'ff02::1', 'fd12:3456:789a::1', 'fc00::1', '100::1', '5f00::1'],
  // The metadata services of AWS and Google, and the agent of EKS Pod Identity.
  ...['fd00:ec2::254', 'fd20:ce::254', 'fd00:ec2::23'],
]

const internetIPv6 = ['2603:1036::1', '2a05:d018::1', '2001:4860:4860::8888', '2620:1ec::1', '3fff::1']

const toNat64 = (address: number) => `64:ff9b::${toHextets(address)}`
/** Further IPv6 addresses that embed an IPv4 address, to which a translator may pass packets on. */
const otherForms: readonly ((address: number) => string)[] = [
  address => `64:ff9b:1::${toHextets(address)}`,
  address => `2002:${toHextets(address)}::1`,
  address => `2001:0:4136:e378:8000:63bf:${toHextets(~address >>> 0)}`,
  address => `::ffff:${toHextets(address)}`,
  address => `::${toHextets(address)}`,
]

function toHextets(address: number): string {
  return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`
}

function toDotted(address: number): string {
  return [24, 16, 8, 0].map(bits => (address >>> bits) & 255).join('.')
}

/** The first and the last address of a range of IPv4, and their neighbours, which reveal a wrong mask. */
function edgesOf(range: string): readonly number[] {
  const [net = '', bits = ''] = range.split('/')
  const first = net.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const last = first + 2 ** (32 - Number(bits)) - 1
  return [first - 1, first, last, last + 1].filter(address => address >= 0 && address < 2 ** 32)
}

let policies: readonly KubernetesObject[]
beforeAll(async () => {
  policies = (await render()).ofKind('NetworkPolicy')
})

/** Whether a pod of the chart can reach port 443 of an address. */
function isReachable(address: string, among = policies): boolean {
  return ['agent', 'weather-api'].some(name =>
    isAllowed(among, 'agents', { from: componentPod(name), to: { address }, port: 443, protocol: 'TCP' }),
  )
}

it('The internet of the policies is every IPv4 address outside of special ranges, for clusters of IPv6 only as NAT64 too', () => {
  const address = fc.oneof(fc.nat(2 ** 32 - 1), fc.constantFrom(...notInternet.flatMap(edgesOf)))
  fc.assert(
    fc.property(address, address => {
      const isInternet = !isWithin(notInternet, toDotted(address))
      expect(isReachable(toDotted(address))).toBe(isInternet)
      expect(isReachable(toNat64(address))).toBe(isInternet)
      if (isInternet) return
      expect(otherForms.map(embed => embed(address)).filter(form => isReachable(form))).toEqual([])
    }),
    { numRuns: 500, examples: notInternet.flatMap(edgesOf).map(edge => [edge]) },
  )
})

it('The internet of the policies has public IPv6 addresses, and no special ones', () => {
  expect([...internetIPv6, ...notInternetIPv6].filter(address => isReachable(address))).toEqual(internetIPv6)
})

const exceptions = { networkPolicy: { internetExcept: ['203.0.113.0/24', '0.0.7.0/24', '2600:1f13::/32'] } }

it('The internet of the policies has no range that the values exclude, not even in the form of NAT64', async () => {
  const own = ['203.0.113.9', '64:ff9b::cb00:7109', '2600:1f13:abc::7']
  const others = ['203.0.114.9', '64:ff9b::cb00:7209', '2600:1f14:abc::7']
  const changed = (await renderWith(exceptions)).ofKind('NetworkPolicy')
  expect(own.filter(address => isReachable(address))).toEqual(own)
  expect([...own, ...others].filter(address => isReachable(address, changed))).toEqual(others)
})

it('Exceptions lie within their range, each once and in its shortest form, as the API server demands', async () => {
  const { spec } = (await renderWith(exceptions)).find('NetworkPolicy', 'demo-agent')
  const peers = ((spec as NetworkPolicySpec).egress ?? []).flatMap(({ to = [] }) => to)
  const blocks = peers.flatMap(({ ipBlock }) => ipBlock ?? [])
  expect(blocks.flatMap(({ except = [] }) => except).length).toBeGreaterThan(20)
  for (const { cidr, except = [] } of blocks) {
    expect(except).toEqual([...new Set(except)])
    for (const range of except) {
      const [net = '', bits] = range.split('/')
      expect([range, isWithin([cidr], net)]).toEqual([range, true])
      expect(Number(bits)).toBeGreaterThan(Number(cidr.split('/')[1]))
      const shortest = isIPv6(net) ? new URL(`http://[${net}]`).hostname.slice(1, -1) : net
      expect(net).toBe(shortest)
    }
  }
})
