import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import type { LabelSelector, Labels, Workload } from './support/kubernetes.ts'
import { baseValues, merge, render, renderNotes, renderWith } from './support/render.ts'

needs('helm')

const sidecarOf = async (values = {}) => (await renderWith(values)).container('demo-agent', 'sidecar')

describe('The sidecar', () => {
  it('is a native one: it starts before the agent and ends after it', async () => {
    const { spec } = (await render()).pod('demo-agent')
    expect(spec.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['sidecar', 'Always'],
    ])
    expect(spec.containers.map(({ name }) => name)).toEqual(['agent'])
  })

  it('delays the agent’s start until the sidecar is healthy; the probe’s Host header is `localhost`', async () => {
    const { startupProbe } = await sidecarOf()
    expect(startupProbe?.httpGet).toEqual({
      path: '/healthz',
      port: 'sidecar',
      httpHeaders: [{ name: 'Host', value: 'localhost' }],
    })
  })

  it('has the agent’s `/sidecar/livez` as its liveness probe, and no readiness probe', async () => {
    const { livenessProbe, readinessProbe } = await sidecarOf()
    expect(livenessProbe?.httpGet).toEqual({ path: '/sidecar/livez', port: 3001 })
    expect(readinessProbe).toBeUndefined()
  })

  it('can listen on loopback only, and then has no port and no probe from outside', async () => {
    const rendering = await renderWith({ sidecar: { loopbackOnly: true } })
    const sidecar = rendering.container('demo-agent', 'sidecar')
    expect(rendering.settings('demo-agent', 'sidecar')['ASPNETCORE_URLS']).toBe('http://localhost:5000')
    expect([sidecar.ports, sidecar.startupProbe]).toEqual([undefined, undefined])
    expect(sidecar.livenessProbe?.httpGet.port).toBe(3001)
  })

  it('is in no Service', async () => {
    const services = (await render()).ofKind('Service')
    const ports = services.flatMap(({ spec }) => (spec as { ports: { port: number }[] }).ports)
    expect(ports.map(({ port }) => port).sort()).toEqual([3001, 3001, 8080])
  })

  it('binds the pod to nodes that its image runs on, unless the values say otherwise', async () => {
    const nodes = async (arch?: string) =>
      (await renderWith(arch === undefined ? {} : { sidecar: { image: { arch } } })).pod('demo-agent').spec
        .nodeSelector
    expect(await nodes()).toEqual({ 'kubernetes.io/arch': 'amd64' })
    expect(await nodes('')).toBeUndefined()
  })

  it('may have any image', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const image = { repository: 'registry.example/sidecar', digest }
    const { image: reference, args } = await sidecarOf({ sidecar: { image, args: ['main.mjs'] } })
    expect(reference).toBe(`registry.example/sidecar@${digest}`)
    expect(args).toEqual(['main.mjs'])
    expect((await sidecarOf()).image).toBe(
      'mcr.microsoft.com/entra-sdk/auth-sidecar:1.1.2-azurelinux3.0-distroless',
    )
  })
})

describe('Pods that stop', () => {
  it.each([undefined, 0, 2_000_000])('have a turn’s budget of input tokens: %s', async turnInputTokens => {
    const rendering = await renderWith(turnInputTokens === undefined ? {} : { agent: { turnInputTokens } })
    const { TURN_INPUT_TOKENS } = rendering.settings('demo-agent', 'agent')
    expect(TURN_INPUT_TOKENS).toBe(String(turnInputTokens ?? 500_000))
  })

  it.each([120, 300])('have the time for a turn of %d s', async turnTimeoutSeconds => {
    const rendering = await renderWith({ agent: { turnTimeoutSeconds }, preStopSleepSeconds: 20 })
    const { spec } = rendering.pod('demo-agent')
    const settings = rendering.settings('demo-agent', 'agent')
    expect(settings['TURN_TIMEOUT_MS']).toBe(`${turnTimeoutSeconds}000`)
    expect(settings['STOP_TIMEOUT_MS']).toBe(`${turnTimeoutSeconds}000`)
    expect(rendering.container('demo-agent', 'agent').lifecycle?.preStop?.sleep?.seconds).toBe(20)
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(20 + turnTimeoutSeconds)
  })

  it('leave their Service before they stop', async () => {
    const api = (await render()).container('demo-weather-api', 'weather-api')
    expect(api.lifecycle?.preStop?.sleep?.seconds).toBe(10)
  })
})

describe('Availability', () => {
  it('is protected by budgets if there is more than one pod', async () => {
    const budgets = async (values: object) =>
      (await renderWith(values as Record<string, unknown>))
        .ofKind('PodDisruptionBudget')
        .map(({ metadata }) => metadata.name)
    expect(await budgets({})).toEqual(['demo-agent', 'demo-weather-api'])
    expect(await budgets({ agent: { replicas: 1 }, weatherApi: { replicas: 1 } })).toEqual([])
    expect(await budgets({ agent: { replicas: 1, autoscaling: { enabled: true } } })).toContain('demo-agent')
  })

  it('is left to the autoscaler if there is one', async () => {
    const rendering = await renderWith({ agent: { autoscaling: { enabled: true } } })
    expect(rendering.spec<Workload>('Deployment', 'demo-agent').replicas).toBeUndefined()
    expect(rendering.spec('HorizontalPodAutoscaler', 'demo-agent')).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'demo-agent' },
      metrics: [{ type: 'ContainerResource', containerResource: { container: 'agent', name: 'cpu' } }],
    })
  })

  it('is probed at /livez for liveness and at /readyz for readiness', async () => {
    const rendering = await render()
    for (const [pod, container] of [
      ['demo-agent', 'agent'],
      ['demo-weather-api', 'weather-api'],
    ] as const) {
      const { livenessProbe, readinessProbe } = rendering.container(pod, container)
      expect([livenessProbe?.httpGet.path, readinessProbe?.httpGet.path]).toEqual(['/livez', '/readyz'])
    }
  })
})

describe('Objects that point at others', () => {
  it('find the pods that they select', async () => {
    const rendering = await render({ files: ['ci/default-values.yaml'] })
    const labels = [...rendering.pods.values()].map(({ metadata }) => metadata.labels)
    const selectors = rendering.objects.flatMap(({ kind, metadata, spec }) => {
      const selector = selectorOf(kind, spec)
      return selector ? [[`${kind}/${metadata.name}`, selector] as const] : []
    })
    expect(selectors.length).toBeGreaterThan(8)
    for (const [name, selector] of selectors) {
      const selected = labels.filter(of =>
        Object.entries(selector).every(([key, value]) => of[key] === value),
      )
      expect([name, selected.length]).toEqual([name, 1])
    }
  })

  it('find the ServiceAccounts that they name', async () => {
    const rendering = await render({ files: ['ci/default-values.yaml'] })
    const pods = [...rendering.pods.values()]
    const accounts = pods.flatMap(({ spec }) => spec.serviceAccountName ?? [])
    expect(accounts).toEqual(['demo-agent', 'demo-weather-api'])
    for (const name of accounts) expect(() => rendering.find('ServiceAccount', name)).not.toThrow()
  })

  it('have names of allowed length, whatever the release’s name', async () => {
    const rendering = await renderWith({ fullnameOverride: 'a'.repeat(80) })
    for (const { metadata } of rendering.objects) expect(metadata.name.length).toBeLessThanOrEqual(63)
  })

  it('use existing ServiceAccounts if the values name them', async () => {
    const rendering = await renderWith({
      agent: { serviceAccount: { create: false, name: 'existing' } },
      weatherApi: { serviceAccount: { create: false, name: 'existing' } },
    })
    expect(rendering.ofKind('ServiceAccount')).toEqual([])
    expect(rendering.pod('demo-agent').spec.serviceAccountName).toBe('existing')
  })
})

describe('The way in', () => {
  it('by an Ingress uses TLS', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    expect(rendering.spec('Ingress', 'agents-agent')).toEqual({
      ingressClassName: 'nginx',
      tls: [{ secretName: 'agent-tls', hosts: ['agent.example.com'] }],
      rules: [
        {
          host: 'agent.example.com',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'agents-agent', port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
    })
  })

  it('by a gateway uses its https listener', async () => {
    const rendering = await render({ files: ['ci/everything-values.yaml'] })
    expect(rendering.find('HTTPRoute', 'agents-agent').apiVersion).toBe('gateway.networking.k8s.io/v1')
    expect(rendering.spec('HTTPRoute', 'agents-agent')).toEqual({
      parentRefs: [{ name: 'public', namespace: 'gateway', sectionName: 'https' }],
      hostnames: ['chat.example.com'],
      rules: [{ backendRefs: [{ name: 'agents-agent', port: 3001 }] }],
    })
  })

  it.each(['agent', 'weather-api'])(
    'of Prometheus to the %s uses a port of its own, “metrics”',
    async component => {
      const rendering = await render({ files: ['ci/everything-values.yaml'] })
      const monitor = rendering.find('ServiceMonitor', `agents-${component}`)
      expect(monitor.apiVersion).toBe('monitoring.coreos.com/v1')
      expect(monitor.metadata.labels?.['release']).toBe('prometheus')
      expect(monitor.spec).toEqual({
        selector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': component }) },
        endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }],
      })
      const { ports } = rendering.spec<{ ports: { name: string }[] }>('Service', `agents-${component}`)
      expect(ports.map(({ name }) => name)).toEqual(['http', 'metrics'])
    },
  )
})

describe('What is printed after an installation', () => {
  it('explains page, test and federated credential', async () => {
    const notes = await renderNotes()
    expect(notes).toContain('kubectl -n agents port-forward service/demo-agent 3001')
    expect(notes).toContain('helm -n agents test demo')
    expect(notes).toContain('system:serviceaccount:agents:demo-agent')
    expect(notes).toContain('api://AzureADTokenExchange')
    expect(notes).toContain('NetworkPolicies are inert unless')
  })

  it('names the redirect URI that sign-in needs', async () => {
    const notes = await renderNotes({ files: ['ci/everything-values.yaml'] })
    expect(notes).toContain('https://chat.example.com/auth/redirect.html')
  })

  it('warns of disabled policies, and of secrets in values', async () => {
    const notes = await renderNotes({ files: ['ci/trial-values.yaml'] })
    expect(notes).toContain('WARNING: networkPolicy.enabled is false.')
    expect(notes).toContain('WARNING: secrets were given as values.')
    expect(notes).toContain('WARNING: weatherApi.debug.skipSignature is on.')
  })

  it('asks for a pod identity association if AWS is used by `podIdentity`, and says “Direct mode only” without AWS', async () => {
    const notes = (aws: object) => renderNotes({ values: merge(baseValues, { aws }) })
    const region = 'eu-central-1'
    expect(await notes({ auth: 'podIdentity', region })).toContain('pod identity association')
    expect(await notes({})).toContain('Direct mode only')
  })
})

function selectorOf(kind: string, spec: unknown): Labels | undefined {
  const { selector, podSelector } = (spec ?? {}) as {
    readonly selector?: LabelSelector
    readonly podSelector?: LabelSelector
  }
  return kind === 'Service' ? (selector as Labels) : (podSelector ?? selector)?.matchLabels
}
