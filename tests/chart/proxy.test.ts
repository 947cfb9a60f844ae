import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { isAllowed } from './support/reachability.ts'
import { baseValues, merge, type Rendering, render, renderWith, type Values } from './support/render.ts'

needs('helm')

const containers = [
  ['demo-agent', 'agent'],
  ['demo-agent', 'sidecar'],
  ['demo-weather-api', 'weather-api'],
] as const
const proxyAddress = '10.9.8.7'
const proxyByAddress: Values = { proxy: { https: `http://${proxyAddress}:3128` } }

const settingsOf = (rendering: Rendering) =>
  containers.map(([workload, container]) => rendering.settings(workload, container))

describe('The chart value `proxy`', () => {
  it('tells every container which proxy to use, and which hosts to call directly', async () => {
    const egress = [{ to: [{ namespaceSelector: {} }] }]
    const values = merge(proxyByAddress, {
      proxy: { noProxy: ['intranet.example'] },
      downstreamApis: {
        orders: { appId: baseValues.downstreamApis.weather.appId, url: 'http://orders.shop:8081', egress },
        bills: { appId: baseValues.downstreamApis.weather.appId, url: 'https://bills.example' },
      },
    })
    const noProxy =
      'localhost,127.0.0.1,::1,.svc,.cluster.local,demo-weather-api,169.254.169.254,169.254.170.23,fd00:ec2::23,orders.shop,intranet.example'
    for (const settings of settingsOf(await renderWith(values)))
      expect(settings).toMatchObject({
        HTTPS_PROXY: `http://${proxyAddress}:3128`,
        HTTP_PROXY: `http://${proxyAddress}:3128`,
        NO_PROXY: noProxy,
      })
  })

  it('lets every container read HTTPS_PROXY from a Secret', async () => {
    const rendering = await renderWith(merge(proxyByAddress, { proxy: { existingSecret: 'proxy-url' } }))
    for (const [workload, container] of containers) {
      const { env } = rendering.container(workload, container)
      expect(env).toContainEqual({
        name: 'HTTPS_PROXY',
        valueFrom: { secretKeyRef: { name: 'proxy-url', key: 'HTTPS_PROXY' } },
      })
    }
  })

  it('leaves pods one way out of the cluster: to the proxy’s port', async () => {
    const policies = (await renderWith(proxyByAddress)).ofKind('NetworkPolicy')
    for (const component of ['agent', 'weather-api']) {
      const labels = {
        'app.kubernetes.io/name': 'entra-bedrock-agent',
        'app.kubernetes.io/instance': 'demo',
        'app.kubernetes.io/component': component,
      }
      const reaches = (to: string, port: number) =>
        isAllowed(policies, 'agents', {
          from: { namespace: 'agents', labels },
          to: { address: to },
          port,
          protocol: 'TCP',
        })
      expect(reaches(proxyAddress, 3128)).toBe(true)
      expect(reaches(proxyAddress, 443)).toBe(false)
      expect(reaches('20.190.128.1', 443)).toBe(false)
    }
  })

  it('adds no NO_PROXY to any container if the value is not set', async () => {
    for (const settings of settingsOf(await renderWith({})))
      expect(Object.keys(settings).filter(name => name.includes('PROXY'))).not.toContain('NO_PROXY')
  })

  // biome-ignore format: table
  it.each([
    ['the name of a proxy that no policy allows', { https: 'http://proxy.example:3128' }, /set proxy\.egress/],
    ['a password among the values', { https: 'http://agent:secret@10.9.8.7:3128' }, /proxy/],
  ])('is refused if it holds %s', async (_what, proxy, words) => {
    await expect(render({ values: merge(baseValues, { proxy }) })).rejects.toThrow(words)
  })
})
