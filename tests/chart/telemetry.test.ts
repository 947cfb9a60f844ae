import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig as readAgentConfig } from '../../services/agent/src/config.ts'
import { readConfig as readWeatherConfig } from '../../services/weather-api/src/config.ts'
import { needs } from '../support/programs.ts'
import type { Container } from './support/kubernetes.ts'
import { render, renderWith } from './support/render.ts'

needs('helm')

const alertsFile = resolve(import.meta.dirname, '../../charts/entra-bedrock-agent/files/alerts.yaml')
const collectorEgress = {
  to: [{ podSelector: { matchLabels: { app: 'otel-collector' } } }],
  ports: [{ port: 4318, protocol: 'TCP' }],
}
const telemetry = {
  endpoint: 'http://otel-collector.observability.svc:4318',
  headersSecret: 'collector',
  samplingRatio: 0.25,
  resourceAttributes: { 'deployment.environment.name': 'test, the second' },
  egress: [collectorEgress],
}
const components = ['agent', 'weather-api'] as const

/** The variables in a container's `env`. A reference `$(NAME)` becomes `<NAME>` if NAME stands earlier, as Kubernetes demands. */
function environmentOf({ env = [] }: Container): Record<string, string> {
  const known: Record<string, string> = {}
  for (const { name, value, valueFrom } of env as { name: string; value?: string; valueFrom?: object }[]) {
    known[name] = (value ?? JSON.stringify(valueFrom)).replace(/\$\((\w+)\)/g, (all, other: string) =>
      other in known ? `<${other}>` : all,
    )
  }
  return known
}

describe('Telemetry in the chart', () => {
  it('is off by default: no variable, no annotation, no egress, no alerts, no dashboard', async () => {
    const rendering = await render()
    expect(JSON.stringify(rendering.objects)).not.toMatch(/OTEL_|opentelemetry|4318/)
    expect(rendering.ofKind('PrometheusRule')).toEqual([])
    expect(rendering.objects.filter(({ metadata }) => metadata.name.includes('dashboard'))).toEqual([])
  })

  it('is set up in both services by the same variables, which name the pod and stand after the variables that they refer to', async () => {
    const rendering = await renderWith({ telemetry })
    for (const component of components) {
      const pod = `demo-${component}`
      const env = environmentOf(rendering.container(pod, component))
      const read = component === 'agent' ? readAgentConfig : readWeatherConfig
      expect(
        read({ ...rendering.settings(pod, component), ...env, OTEL_EXPORTER_OTLP_HEADERS: '' }).telemetry,
      ).toEqual({
        tracesUrl: 'http://otel-collector.observability.svc:4318/v1/traces',
        headers: {},
        timeoutMs: 3_000,
        samplingRatio: 0.25,
        resource: expect.objectContaining({
          'service.name': component,
          'service.namespace': 'demo',
          'service.instance.id': `agents.<POD_NAME>.${component}`,
          'k8s.namespace.name': 'agents',
          'k8s.deployment.name': pod,
          'k8s.container.name': component,
          'k8s.pod.name': '<POD_NAME>',
          'k8s.pod.uid': '<POD_UID>',
          'k8s.node.name': '<NODE_NAME>',
          'deployment.environment.name': 'test, the second',
        }),
      })
      expect(env['OTEL_EXPORTER_OTLP_HEADERS']).toContain('"name":"collector"')
    }
  })

  it('allows egress to the collector for both services, and keeps the operator from injecting a second SDK', async () => {
    const rendering = await renderWith({ telemetry })
    for (const component of components) {
      const { egress } = rendering.spec<{ egress: unknown[] }>('NetworkPolicy', `demo-${component}`)
      expect(egress).toContainEqual(collectorEgress)
      expect(rendering.pod(`demo-${component}`).metadata?.annotations).toMatchObject({
        'instrumentation.opentelemetry.io/inject-nodejs': 'false',
      })
    }
  })

  it.each([
    ['an endpoint without egress to it', { endpoint: telemetry.endpoint }, 'set telemetry.egress.'],
    ['the port of gRPC', { ...telemetry, endpoint: 'http://otel-collector:4317' }, 'endpoint'],
    ['no scheme', { ...telemetry, endpoint: 'otel-collector:4318' }, 'endpoint'],
    ['a ratio above one', { ...telemetry, samplingRatio: 50 }, 'samplingRatio'],
  ])('is refused with %s', async (_what, values, fault) => {
    await expect(renderWith({ telemetry: values })).rejects.toThrow(fault)
  })

  it('includes alerts and dashboard, with the labels by which Prometheus and Grafana select them', async () => {
    const rendering = await renderWith({
      prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
      grafanaDashboard: { enabled: true },
    })
    const rule = rendering.find('PrometheusRule', 'demo-agent')
    expect(rule.metadata.labels).toMatchObject({ release: 'prometheus' })
    expect(rule.spec).toEqual(parse(readFileSync(alertsFile, 'utf8')))
    const { data, metadata } = rendering.find('ConfigMap', 'demo-dashboard')
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' })
    expect(JSON.parse(data?.['demo-agent.json'] ?? '').panels.length).toBeGreaterThan(8)
  })
})
