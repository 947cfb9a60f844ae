import { expect, it } from 'vitest'
import { findMetricsUrl } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { startWeatherApi } from './service.ts'

const api = await forFile(startWeatherApi({ METRICS_PORT: '0' }))

it('The metrics, only on a port of their own, count decisions on tokens in the words of the audit log, and responses by route, without probes and words of callers', async () => {
  await api.ask(api.autonomous())
  await api.ask(api.autonomous(), '/weather?city=Qwertzuiopolis')
  await api.ask(api.onBehalfOf(), '/weather/forecast?city=Dallas')
  await api.ask(api.autonomous({ azp: 'intruder' }))
  await api.ask('no.token.here')
  await api.get('/weather?city=Dallas')
  for (const path of ['/livez', '/readyz', '/Qwertzuiopolis']) await api.get(path)
  const metrics = await (await fetch(await findMetricsUrl(api.app))).text()
  const names = ['weather_api_token_decisions_total', 'weather_api_request_duration_seconds_count']
  const counts = metrics.split('\n').filter(line => names.some(name => line.startsWith(name)))
  await expect(`${counts.sort().join('\n')}\n`).toMatchFileSnapshot('metrics.txt')
  expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
  expect(metrics).not.toMatch(/Qwertz|Dallas|intruder/)
})
