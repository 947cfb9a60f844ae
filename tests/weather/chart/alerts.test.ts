import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { collectDefaultMetrics, Registry } from '@prometheus-io/client'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { TurnMetrics } from '../../../services/agent/src/status/metrics.ts'
import { alertProblems } from '../../../services/agent/src/tools/weather/alerts/problems.ts'
import { weatherProblems } from '../../../services/agent/src/tools/weather/problems.ts'
import { ApiMetrics } from '../../../services/weather-api/src/metrics.ts'
import { chart } from '../../chart/support/render.ts'

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

const read = (file: string) => readFileSync(resolve(chart, 'files', file), 'utf8')
const { groups }: Rules = parse(read('alerts.yaml'))
const rules = groups.flatMap(group => group.rules)

it('Failures of the weather tools with status 500 or higher count as failed turns (AgentTurnsFail)', () => {
  const { expr = '' } = rules.find(({ alert }) => alert === 'AgentTurnsFail') ?? {}
  const ofUsers = new RegExp(`^(?:${/outcome!~"([^"]+)"/.exec(expr)?.[1]})$`)
  const problems = Object.entries({ ...weatherProblems, ...alertProblems })
  const failures = problems.flatMap(([code, { status }]) => (Number(status) >= 500 ? [code] : []))
  expect(failures.filter(code => ofUsers.test(code))).toEqual([])
})

it('Alerts and dashboard use only metrics that agent and weather API have', async () => {
  const ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  const ofWeatherApi = new ApiMetrics()
  ofWeatherApi.watchDenyList({ denyListAgeSeconds: 0 })
  const registries = [ofProcess, new TurnMetrics().registry, ofWeatherApi.registry]
  const known = await Promise.all(registries.map(registry => registry.getMetricsAsJSON()))
  const names = known.flat().map(({ name }) => name)
  ofProcess.clear()
  const text = rules
    .map(({ expr }) => expr)
    .join('\n')
    .replaceAll(/\w+:\w+:\w+/g, 'recorded')
    .concat(read('dashboard.json'))
  const asked = [...text.matchAll(/\b(?:agent|weather_api|gen_ai_client|nodejs|process)_[a-z0-9_]+/g)].map(
    ([name]) => name.replace(/_(bucket|sum|count)$/, ''),
  )
  expect(new Set(asked).size).toBeGreaterThan(10)
  expect(asked.filter(name => !names.includes(name))).toEqual([])
})
