import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { agentProblems } from '@entra-agents/agent/problems'
import { approvalProblems } from '@entra-agents/approval'
import { bedrockProblems } from '@entra-agents/bedrock-access'
import { refusals } from '@entra-agents/entra-failures/codes'
import { identityProblems } from '@entra-agents/identity/core'
import { commonProblems } from '@entra-agents/service-kit'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { needs } from '../support/programs.ts'
import { baseValues, chart, helmCommands, merge, Rendering, renderText } from './support/render.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly runbook_url: string }
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly (Rule | { readonly record: string })[] }[]
}

const rulesFile = resolve(chart, 'files/alerts.yaml')
const { groups }: Rules = parse(readFileSync(rulesFile, 'utf8'))
const rules = groups.flatMap(group => group.rules).filter(rule => 'alert' in rule)
const docs = (file: string) => readFileSync(resolve(chart, '../../docs', file), 'utf8')
const [troubleshooting, operations] = [docs('troubleshooting.md'), docs('operations.md')]

const folder = temporaryFolder()

const outcomeSeries = (metric: string, outcome: string, more = '') =>
  `${metric}{namespace="agents",outcome="${outcome}"${more}}`
/** Series of an agent's sidecar that uses this much of its 512 MiB, and of a sidecar in a pod without an agent. */
const sidecarSeries = (usedMib: number) => {
  const series = (pod: string, metric: string, mib: number) => [
    `${metric}{namespace="agents",pod="${pod}",container="sidecar"}`,
    `${mib * 1_048_576}x30`,
  ]
  const pods = Object.entries({ a: usedMib, other: 500 }).flatMap(([pod, used]) => [
    series(pod, 'container_memory_working_set_bytes', used),
    series(pod, 'container_spec_memory_limit_bytes', 512),
  ])
  return Object.fromEntries(pods)
}
const callSeries = (outcome: string, tool = 'x') =>
  `agent_tool_calls_total{namespace="agents",pod="a",agent="a",flow="obo",tool="${tool}",outcome="${outcome}"}`
/** For each alert: series that make it fire (rising each minute, constant, or new after some minutes), and its row in the troubleshooting guide, or its section. */
// biome-ignore format: table
const causes: Readonly<Record<string, { series: Readonly<Record<string, string>>; row?: string; section?: string }>> = {
  AgentIdentityNotHonoured: { series: { [outcomeSeries('agent_token_request_duration_seconds_count', 'TOKEN_FLOW_MISMATCH')]: '0+1x30' }, row: 'TOKEN_FLOW_MISMATCH' },
  AgentCredentialRefused: { series: { [outcomeSeries('agent_token_request_duration_seconds_count', 'FEDERATION_MISMATCH')]: '0+1x30' }, row: 'FEDERATION_MISMATCH' },
  AgentRefusedByApi: { series: { [outcomeSeries('agent_api_call_duration_seconds_count', 'API_FORBIDDEN', ',api="x"')]: '0+1x30' }, row: 'API_FORBIDDEN' },
  AgentCalledToolNotOffered: { series: { [callSeries('OK')]: '0+100x30', [callSeries('TOOL_NOT_OFFERED', 'unknown')]: '_x20 1x10' }, section: 'Calls that were stopped' },
  AgentCallsStopped: { series: { [callSeries('OK')]: '0+1x30', [callSeries('DENIED')]: '0x20 1x10', [callSeries('DENIED', 'y')]: '_x20 1x10', [callSeries('API_FORBIDDEN')]: '_x20 1x10' }, section: 'Calls that were stopped' },
  SidecarMemoryHigh: { series: { ...sidecarSeries(450), 'agent_turns_in_flight{namespace="agents",pod="a"}': '0x30' }, row: 'SIDECAR_UNREACHABLE' },
  DenyListOutOfDate: { series: { 'weather_api_deny_list_age_seconds{namespace="agents",pod="a"}': '0+60x30', 'weather_api_deny_list_age_seconds{namespace="agents",pod="b"}': '1x30' }, row: 'DENY_LIST_UNAVAILABLE' },
  AgentTurnsFail: { series: { [outcomeSeries('agent_turns_total', 'OK')]: '0+10x30', [outcomeSeries('agent_turns_total', 'BEDROCK_THROTTLED')]: '0+1x30' }, row: 'BEDROCK_THROTTLED' },
  AgentBusy: { series: { 'agent_turns_refused_total{namespace="agents"}': '0+1x30' }, row: 'AGENT_BUSY' },
  AgentTurnsSlow: {
    series: {
      'agent_turn_duration_seconds_bucket{namespace="agents",mode="bedrock",le="30"}': '0+1x30',
      'agent_turn_duration_seconds_bucket{namespace="agents",mode="bedrock",le="60"}': '0+2x30',
      'agent_turn_duration_seconds_bucket{namespace="agents",mode="bedrock",le="+Inf"}': '0+2x30',
    },
    row: 'TURN_TIMEOUT',
  },
  AgentEventLoopBlocked: { series: { 'nodejs_eventloop_lag_p99_seconds{namespace="agents",pod="a"}': '0.8x30', 'agent_turns_in_flight{namespace="agents",pod="a"}': '0x30' }, row: 'AGENT_BUSY' },
}
/** Series of a system without failures. */
const calmSeries = {
  ...sidecarSeries(300),
  [outcomeSeries('agent_turns_total', 'OK')]: '0+100x30',
  [outcomeSeries('agent_turns_total', 'USER_TOKEN_EXPIRED')]: '0+50x30',
  [outcomeSeries('agent_turns_total', 'PAUSED')]: '0+50x30',
  [outcomeSeries('agent_turns_total', 'BEDROCK_THROTTLED')]: '0+1x30',
  [outcomeSeries('agent_token_request_duration_seconds_count', 'OK')]: '0+100x30',
  // In ten minutes twenty denials of two hundred calls, and of another tool two of two.
  [callSeries('OK')]: '0+18x30',
  [callSeries('DENIED')]: '0+2x30',
  [callSeries('CITY_NOT_FOUND')]: '0+20x30',
  [callSeries('TOOL_NOT_OFFERED', 'unknown')]: '1x30',
  [callSeries('DENIED').replace('agent="a"', 'agent="b"')]: '_x20 1 2x10',
  'agent_turns_refused_total{namespace="agents"}': '0x30',
  'weather_api_deny_list_age_seconds{namespace="agents",pod="a"}': '5x30',
  'nodejs_eventloop_lag_p99_seconds{namespace="agents",pod="a"}': '0.02x30',
  'agent_turns_in_flight{namespace="agents",pod="a"}': '3x30',
}

/**
 * Runs `promtool test rules`.
 *
 * @throws with its output, if an alert does not fire as expected
 */
function testRules(series: Readonly<Record<string, string>>, alerts: Readonly<Record<string, number>>): void {
  const file = join(folder, 'test.yaml')
  const tests = [
    {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: Object.entries(alerts).map(([alert, count]) => ({
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: '25m',
        exp_samples: [{ labels: '{}', value: count }],
      })),
    },
  ]
  writeFileSync(file, stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests }))
  execFileSync('promtool', ['test', 'rules', file], { stdio: 'pipe', encoding: 'utf8' })
}

describe('The alerts', () => {
  it('are exactly those that this file tests', () => {
    expect(rules.map(({ alert }) => alert).sort()).toEqual(Object.keys(causes).sort())
  })

  it.each(rules)(
    'link to a row of docs/troubleshooting.md, or a section of docs/operations.md: $alert',
    ({ alert, annotations }) => {
      const { row = '', section } = causes[alert] ?? {}
      if (section !== undefined) {
        const anchor = section.toLowerCase().replaceAll(' ', '-')
        expect(annotations.runbook_url).toMatch(new RegExp(`/docs/operations\\.md#${anchor}$`))
        expect(operations).toContain(`\n## ${section}\n`)
        expect(operations).toContain(`\`${alert}\``)
        return
      }
      const url = annotations.runbook_url.replace('{{ $labels.outcome }}', row)
      expect(url).toMatch(new RegExp(`/docs/troubleshooting\\.md#${row}$`))
      expect(troubleshooting).toContain(`<a id="${row}"></a>`)
    },
  )

  it('fire for every code by which Entra refuses an agent (AgentCredentialRefused)', () => {
    const { expr = '' } = rules.find(({ alert }) => alert === 'AgentCredentialRefused') ?? {}
    const refusing = new RegExp(`^(?:${/outcome=~"([^"]+)"/.exec(expr)?.[1]})$`)
    const ofAgents = [...JSON.stringify(refusals).matchAll(/"code":"(AGENT_\w+)"/g)].map(
      ([, code = '']) => code,
    )
    expect(new Set(ofAgents).size).toBeGreaterThan(3)
    expect(ofAgents.filter(code => !refusing.test(code))).toEqual([])
  })

  it('count every problem of status 500 or higher as a failed turn, except AGENT_BUSY (AgentTurnsFail)', () => {
    const { expr = '' } = rules.find(({ alert }) => alert === 'AgentTurnsFail') ?? {}
    const [, leftOut = ''] = /outcome!~"([^"]+)"/.exec(expr) ?? []
    const ofUsers = new RegExp(`^(?:${leftOut})$`)
    const problems = {
      ...commonProblems,
      ...agentProblems,
      ...identityProblems,
      ...approvalProblems,
      ...bedrockProblems,
    }
    const failures = Object.entries(problems).filter(([, { status }]) => status >= 500)
    expect(failures.map(([code]) => code).filter(code => ofUsers.test(code))).toEqual(['AGENT_BUSY'])
  })
})

describe('The rules in the chart', () => {
  needs('helm')

  const groupsWith = async (disabled: readonly string[], helm: string) => {
    const values = merge(baseValues, { prometheusRule: { enabled: true, disabled } })
    const rendering = new Rendering(await renderText({ values, helm }))
    return rendering.find('PrometheusRule', 'demo-agent').spec as Rules
  }

  it.each(helmCommands)('are those of the file, without the alerts that are switched off: %s', async helm => {
    expect(await groupsWith([], helm)).toEqual({ groups })
    const others = rules.map(({ alert }) => alert).filter(alert => alert !== 'AgentBusy')
    const left = (await groupsWith(others, helm)).groups.flatMap(group => group.rules)
    expect(left.map(rule => ('alert' in rule ? rule.alert : 'record'))).toEqual(['record', 'AgentBusy'])
  })

  it('can be switched off by their names only', async () => {
    const { prometheusRule } = JSON.parse(
      readFileSync(resolve(chart, 'values.schema.json'), 'utf8'),
    ).properties
    expect(prometheusRule.properties.disabled.items.enum).toEqual(rules.map(({ alert }) => alert))
  })
})

describe('The alerts, as Prometheus evaluates them,', () => {
  needs('promtool')

  const ofCauses = Object.entries(causes).map(([alert, { series }]) => [alert, series] as const)
  it.each([['none', calmSeries] as const, ...ofCauses])(
    'fire for their own cause and for no other: %s',
    (fired, series) => {
      testRules(series, Object.fromEntries(rules.map(({ alert }) => [alert, alert === fired ? 1 : 0])))
    },
  )
})
