import { autonomousClaims, onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { register as globalRegistry } from '@prometheus-io/client'
import { expect, it } from 'vitest'
import { findMetricsUrl } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { startWeatherApi } from './service.ts'

const api = await forFile(startWeatherApi({ METRICS_PORT: '0' }))
const { url: authority } = api.issuer
await api.ask(api.issuer.sign(autonomousClaims({ authority })))
await api.ask(api.issuer.sign(autonomousClaims({ authority })), '/weather?city=Qwertzuiopolis')
await api.ask(api.issuer.sign(onBehalfOfClaims({ authority })), '/weather/forecast?city=Dallas')
await api.ask(api.issuer.sign(autonomousClaims({ authority, claims: { azp: 'intruder' } })))
await api.ask('no.token.here')
await api.get('/weather?city=Dallas')
for (const path of ['/livez', '/readyz', '/Qwertzuiopolis']) await api.get(path)
const metrics = await (await fetch(await findMetricsUrl(api.app))).text()
const linesOf = (name: string) =>
  [...metrics.matchAll(new RegExp(`^${name}{(.*)$`, 'gm'))].map(([, line]) => line).sort()

it('Decisions on tokens are counted by flow and outcome, in the words of the audit log', () => {
  expect(linesOf('weather_api_token_decisions_total')).toEqual([
    'flow="",outcome="WEATHER_TOKEN_MISSING"} 1',
    'flow="",outcome="format"} 1',
    'flow="autonomous",outcome="OK"} 2',
    'flow="autonomous",outcome="caller"} 1',
    'flow="obo",outcome="OK"} 1',
  ])
})

it('Responses are measured by route and status; unknown addresses share one route, and probes are not measured', () => {
  expect(linesOf('weather_api_request_duration_seconds_count')).toEqual([
    'route="",status="404"} 1',
    'route="/weather",status="200"} 1',
    'route="/weather",status="401"} 2',
    'route="/weather",status="403"} 1',
    'route="/weather",status="404"} 1',
    'route="/weather/forecast",status="200"} 1',
  ])
})

it('The metrics include the event loop and the process, and nothing that a caller wrote', () => {
  expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
  expect(metrics).toMatch(/^process_cpu_seconds_total /m)
  expect(metrics).not.toMatch(/Qwertz|Dallas|intruder/)
})

it('The metrics are in a registry of their own: the library’s global one stays empty', () => {
  expect(globalRegistry.getMetricsAsArray()).toEqual([])
})

it('The metrics are only on a port of their own', async () => {
  expect((await api.get('/metrics')).status).toBe(404)
})

it('Without a port there are no metrics', async () => {
  const without = await startWeatherApi()
  expect(without.app.metricsServer).toBeUndefined()
  await without.close()
})
