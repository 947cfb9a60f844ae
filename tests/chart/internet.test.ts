import { isIPv6 } from 'node:net'
import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import type { KubernetesObject, NetworkPolicySpec } from './support/kubernetes.ts'
import { isAllowed, isWithin, type Place } from './support/reachability.ts'
import { baseValues, renderWith, type Values } from './support/render.ts'

needs('helm')

/** Ranges that are not the internet: IANA's special-purpose addresses, and metadata services of clouds. */
const notInternet = {
  'this network': '0.0.0.0/8',
  'private, class A': '10.0.0.0/8',
  'shared with carriers, as EKS and Alibaba’s metadata service are': '100.64.0.0/10',
  loopback: '127.0.0.0/8',
  'link-local, with the metadata services': '169.254.0.0/16',
  'the WireServer of Azure': '168.63.129.16/32',
  'private, class B': '172.16.0.0/12',
  'protocol assignments': '192.0.0.0/24',
  'private, class C': '192.168.0.0/16',
  'measurement in labs': '198.18.0.0/15',
  multicast: '224.0.0.0/4',
  'reserved, which clouds give to pods': '240.0.0.0/4',
} as const

const notInternetIPv6 = {
  unspecified: '::',
  loopback: '::1',
  'unique local': 'fd12:3456:789a::1',
  'unique local, not assigned': 'fc00::1',
  'the metadata service of AWS': 'fd00:ec2::254',
  'the metadata service of Google': 'fd20:ce::254',
  'the agent of EKS Pod Identity': 'fd00:ec2::23',
  'link-local': 'fe80::1',
  'site-local, of old': 'fec0::1',
  multicast: 'ff02::1',
  'discarded at once': '100::1',
  'segment routing': '5f00::1',
} as const

/** IPv6 addresses that embed an IPv4 address. A translator may pass packets for them on to that IPv4 address. */
const ipv6Forms: Readonly<Record<string, (address: number) => string>> = {
  NAT64: address => `64:ff9b::${toHextets(address)}`,
  'NAT64, local': address => `64:ff9b:1::${toHextets(address)}`,
  '6to4': address => `2002:${toHextets(address)}::1`,
  Teredo: address => `2001:0:4136:e378:8000:63bf:${toHextets(~address >>> 0)}`,
  'IPv4-mapped': address => `::ffff:${toHextets(address)}`,
  'IPv4-compatible': address => `::${toHextets(address)}`,
}

function toHextets(address: number): string {
  return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`
}

function toDotted(address: number): string {
  return [24, 16, 8, 0].map(bits => (address >>> bits) & 255).join('.')
}

/** The first and the last address of a range of IPv4. */
function endsOf(range: string): readonly [number, number] {
  const [net = '', bits = ''] = range.split('/')
  const first = net.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  return [first, first + 2 ** (32 - Number(bits)) - 1]
}

const ranges = Object.values<string>(notInternet)

/** Addresses of a range: its ends, and some between them. */
function samplesOf(range: string): readonly number[] {
  const [first, last] = endsOf(range)
  return [0, 1 / 7, 1 / 3, 1 / 2, 5 / 6, 1].map(share => Math.round(first + (last - first) * share))
}

/** Internet addresses next to the ranges, which reveal a wrong mask. */
const neighbourAddresses = ranges
  .flatMap(range => {
    const [first, last] = endsOf(range)
    return [first - 1, last + 1]
  })
  .filter(address => address >= 0 && address < 2 ** 32 && !isWithin(ranges, toDotted(address)))

const pods = ['agent', 'weather-api'].map(
  (name): Place => ({
    namespace: 'agents',
    labels: {
      'app.kubernetes.io/name': 'entra-bedrock-agent',
      'app.kubernetes.io/instance': 'demo',
      'app.kubernetes.io/component': name,
    },
  }),
)

async function policiesWith(values: Values = {}): Promise<readonly KubernetesObject[]> {
  return (await renderWith(values)).ofKind('NetworkPolicy')
}

/** The addresses whose port 443 a pod of the chart can reach. */
function reachableOf(policies: readonly KubernetesObject[], addresses: readonly string[]): readonly string[] {
  return addresses.filter(address =>
    pods.some(from => isAllowed(policies, 'agents', { from, to: { address }, port: 443, protocol: 'TCP' })),
  )
}

const ipBlocksOf = (policies: readonly KubernetesObject[]) =>
  policies.flatMap(({ spec }) =>
    ((spec as NetworkPolicySpec).egress ?? []).flatMap(({ to = [] }) =>
      to.flatMap(({ ipBlock }) => ipBlock ?? []),
    ),
  )

describe('The internet in the policies', () => {
  it.each(Object.entries(notInternet))('does not include the range “%s”: %s', async (_name, range) => {
    const addresses = samplesOf(range)
    const policies = await policiesWith()
    expect(reachableOf(policies, addresses.map(toDotted))).toEqual([])
    for (const embed of Object.values(ipv6Forms))
      expect(reachableOf(policies, addresses.map(embed))).toEqual([])
  })

  it.each(Object.entries(notInternetIPv6))('does not include “%s” (IPv6): %s', async (_name, address) => {
    expect(reachableOf(await policiesWith(), [address])).toEqual([])
  })

  it('includes the addresses next to ranges that are not the internet', async () => {
    const addresses = neighbourAddresses.map(toDotted)
    expect(addresses.length).toBeGreaterThan(12)
    expect(reachableOf(await policiesWith(), addresses)).toEqual(addresses)
  })

  it('includes its IPv4 addresses in the form of NAT64, for clusters with IPv6 only', async () => {
    const addresses = [0x14be_8001, ...neighbourAddresses].map(address => `64:ff9b::${toHextets(address)}`)
    expect(reachableOf(await policiesWith(), addresses)).toEqual(addresses)
  })

  it.each(['2603:1036::1', '2a05:d018::1', '2001:4860:4860::8888', '2620:1ec::1', '3fff::1'])(
    'includes the address %s',
    async address => {
      expect(reachableOf(await policiesWith(), [address])).toEqual([address])
    },
  )

  it('does not include the ranges that the values exclude, not even in the form of NAT64', async () => {
    const own = ['203.0.113.9', '64:ff9b::cb00:7109', '2600:1f13:abc::7']
    const others = ['203.0.114.9', '64:ff9b::cb00:7209', '2600:1f14:abc::7']
    const policies = await policiesWith({
      networkPolicy: { internetExcept: ['203.0.113.0/24', '2600:1f13::/32'] },
    })
    expect(reachableOf(await policiesWith(), own)).toEqual(own)
    expect(reachableOf(policies, [...own, ...others])).toEqual(others)
  })

  it.each(['fd00::/8', '10.0.0.1', 'internal', '::/0'])(
    'cannot have the exception %s: the API server accepts only a smaller range within the range of the policy',
    async range => {
      await expect(policiesWith({ networkPolicy: { internetExcept: [range] } })).rejects.toThrow(
        'internetExcept',
      )
    },
  )
})

describe('The ranges of addresses in the policies', () => {
  it('are in the form that the API server demands: exceptions within their range, each in its shortest form', async () => {
    const policies = await policiesWith({
      ...baseValues,
      networkPolicy: { internetExcept: ['203.0.113.0/24', '0.0.7.0/24', '2600:1f13::/32'] },
    })
    const blocks = ipBlocksOf(policies)
    expect(blocks.flatMap(({ except = [] }) => except).length).toBeGreaterThan(20)
    for (const { cidr, except = [] } of blocks) {
      expect(new Set(except).size).toBe(except.length)
      for (const range of except) {
        const [net = '', bits] = range.split('/')
        expect([range, isWithin([cidr], net)]).toEqual([range, true])
        expect(Number(bits)).toBeGreaterThan(Number(cidr.split('/')[1]))
        expect([range, shortestForm(net)]).toEqual([range, net])
      }
    }
  })
})

/** An address in the form of RFC 5952. */
function shortestForm(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}
