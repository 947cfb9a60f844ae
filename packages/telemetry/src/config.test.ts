import { readEnvironment } from '@entra-agents/service-kit'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { describe, expect, it } from 'vitest'
import { readTelemetry } from './config.ts'

const readFrom = (variables: Record<string, string>) =>
  readEnvironment(variables, env => readTelemetry(env, { name: 'agent', version: '1.2.3' }))

const faultsOf = (variables: Record<string, string>) =>
  findFaults(() => readFrom({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', ...variables }))

describe('Telemetry', () => {
  it('is off without an endpoint, whatever else is set', () => {
    expect(
      readFrom({ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER_ARG: 'all', OTEL_EXPORTER_OTLP_ENDPOINT: '' }),
    ).toBe(undefined)
  })

  it('sends everything to /v1/traces of the endpoint, with the service’s name and version', () => {
    expect(readFrom({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example/base/' })).toEqual({
      tracesUrl: 'https://collector.example/base/v1/traces',
      headers: {},
      timeoutMs: 3_000,
      samplingRatio: 1,
      resource: { 'service.name': 'agent', 'service.version': '1.2.3' },
    })
  })

  it('reads OpenTelemetry’s own variables, whose lists have percent-encoded values', () => {
    expect(
      readFrom({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20QQ==,x-scope=1',
        OTEL_EXPORTER_OTLP_TIMEOUT: '500',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_SERVICE_NAME: 'order bot',
        OTEL_RESOURCE_ATTRIBUTES: 'service.version=2, k8s.pod.name=a%2Cb',
      }),
    ).toMatchObject({
      headers: { authorization: 'Basic QQ==', 'x-scope': '1' },
      timeoutMs: 500,
      samplingRatio: 0.25,
      resource: { 'service.name': 'order bot', 'service.version': '2', 'k8s.pod.name': 'a,b' },
    })
  })

  // biome-ignore format: table
  it.each<[Record<string, string>, string]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL; it is "collector:4318".'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' }, 'OTEL_EXPORTER_OTLP_ENDPOINT has the port 4317, which is for gRPC; spans are sent by HTTP, usually to 4318.'],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '5s' }, 'OTEL_EXPORTER_OTLP_TIMEOUT must be a whole number from 100 to 60000; it is "5s".'],
    [{ OTEL_TRACES_SAMPLER_ARG: '50%' }, 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; it is "50%".'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; it is "1.5".'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'pod' }, 'OTEL_RESOURCE_ATTRIBUTES must be a comma-separated list of name=value, percent-encoded.'],
    // An invalid header may be a secret.
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=100%secret' }, 'OTEL_EXPORTER_OTLP_HEADERS must be a comma-separated list of name=value, percent-encoded.'],
  ])('refuses the variables %j, and says what is wrong', (variables, fault) => {
    expect(faultsOf(variables)).toEqual([fault])
  })
})
