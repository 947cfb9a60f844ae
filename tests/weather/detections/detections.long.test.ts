import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { needs } from '../../support/programs.ts'
import { attacks } from './attacks.ts'
import { takeOrdinaryTurns } from './ordinary-day.ts'
import { merged, runRules, runScript, spread } from './rules.ts'
import { type Rows, WatchedSystem } from './watched-system.ts'

needs('kql')

const hourMs = 3_600_000
const after = (date: Date, ms: number) => new Date(Number(date) + ms)
const rules = globSync(resolve(import.meta.dirname, '../../../detections/rules/*.kql')).map(path =>
  basename(path, '.kql'),
)

const system = await forFile(WatchedSystem.start())
/** The rows of two ordinary days, the second of 2,000 turns. */
let days: Rows
let midnight: Date
/** How the turns of the second day ended. */
let ends: readonly string[]

beforeAll(async () => {
  const before = await takeOrdinaryTurns(system, 200)
  const day = await takeOrdinaryTurns(system, 2_000)
  midnight = new Date()
  ends = [...day.ends.keys()]
  days = merged([
    spread(before.rows, before.starts, 24, after(midnight, -24 * hourMs)),
    spread(day.rows, day.starts, 24, midnight),
  ])
}, 600_000)

it('no rule finds anything in an ordinary day of 2,000 turns, whenever in the day it runs', async () => {
  // Among others, such as what a busy machine makes of a turn.
  expect(ends).toEqual(
    expect.arrayContaining([
      'alerts direct obo approve: answered',
      'alerts direct obo deny: answered',
      'nobody direct autonomous: INVALID_REQUEST',
      'trainee direct autonomous: AGENT_DISABLED',
      'trainee direct autonomous: API_FORBIDDEN',
      'weather bedrock autonomous: answered',
      'weather bedrock obo approve: answered',
      'weather bedrock obo go away: gone',
      'weather bedrock obo leave: paused',
      'weather direct agent-user: answered',
      'weather direct obo: CITY_NOT_FOUND',
    ]),
  )
  const hours = Array.from({ length: 24 }, (_, hour) => after(midnight, (hour - 23) * hourMs))
  expect(await runRules([days], [...hours, after(midnight, 30 * 60_000)])).toEqual([])
}, 300_000)

it.each(attacks)(
  'if %s, the rule %s finds it, and no other finds anything',
  async (_what, rule, act) => {
    await act(system)
    const rows = await system.collect()
    system.reset()
    // By then the latest lines and events have come.
    const found = await runRules([days, rows], [after(new Date(), 30 * 60_000)])
    expect(found).toMatchObject([{ rule }])
  },
  120_000,
)

it('three denials of a user within ten minutes are found at whatever time they begin, and no others', async () => {
  const at = (time: string) => ({
    TimeGenerated: `2026-11-25T${time}Z`,
    LogMessage: { audit: 'denied', kind: 'approval', onBehalfOf: 'ada', tool: 'create_alert', digest: time },
  })
  const find = (...times: readonly string[]) =>
    runRules([new Map([['ContainerLogV2', times.map(at)]])], [new Date('2026-11-25T10:30:00Z')])
  expect(await find('09:58:00', '10:01:00', '10:07:30')).toMatchObject([
    { row: { Why: 'user ada', Calls: 3 } },
  ])
  expect(await find('09:51:00', '09:58:00', '10:01:00', '10:07:30')).toHaveLength(1)
  expect(await find('09:58:00', '10:01:00', '10:08:30')).toEqual([])
  expect(await find('10:01:00', '10:01:00')).toEqual([])
})

it('a use of an agent in the millisecond of its switching off is found, and none before', async () => {
  const off = [{ displayName: 'AccountEnabled', newValue: '[false]' }]
  const switched = {
    TimeGenerated: '2026-11-25T10:00:00.005Z',
    OperationName: 'Update service principal',
    Result: 'success',
    TargetResources: [{ id: 'agent', modifiedProperties: off }],
  }
  const find = (milliseconds: string) => {
    const use = {
      TimeGenerated: `2026-11-25T10:00:00.${milliseconds}Z`,
      LogMessage: { audit: 'allowed', caller: 'agent', action: 'GET /weather', tokenId: 'token' },
    }
    const rows = new Map([
      ['AuditLogs', [switched]],
      ['ContainerLogV2', [use]],
    ])
    return runRules([rows], [new Date('2026-11-25T10:30:00Z')])
  }
  expect(await find('005')).toMatchObject([{ rule: 'used-after-disable', row: { Uses: 1 } }])
  expect(await find('004')).toEqual([])
})

it('each rule has an attack', () => {
  expect([...new Set(attacks.map(([, rule]) => rule))].sort()).toEqual(rules.sort())
  expect(rules).toHaveLength(10)
})

it('the Sigma rules are valid', async () => {
  expect(await runScript('sigma/check.py')).toBe('')
})
