import type { ApiContext } from '@entra-agents/identity'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { describe, expect, it } from 'vitest'
import type { Turn } from '../../../turn/turn.ts'
import { weatherToolset } from '../testing/toolset.ts'
import { describeAlert, describeAlerts, describeDeletion } from './sentences.ts'

const alertVariables = { WEATHER_API_ALERTS: 'true', ALERTS_AUTH_CONTEXT: 'c1,c2' }
const alertMessage = 'Warn me when Oslo falls below −5 °C until 4 December'
const noContext = undefined as unknown as ApiContext<Turn>

const faultsOf = (variables: Record<string, string>) => findFaults(() => weatherToolset(variables))

describe('the tools for alerts', () => {
  it('exist only if they are configured', async () => {
    const toolset = weatherToolset()
    expect((await toolset.load(noContext)).map(({ tool }) => tool.name)).toEqual([
      'get_weather',
      'get_forecast',
    ])
    expect([toolset.otherRights, Object.keys(toolset.problems)]).toEqual([
      undefined,
      ['CITY_NOT_FOUND', 'CITY_NOT_RECOGNISED'],
    ])
    expect(toolset.instructions).not.toContain('alert')
    expect(toolset.direct?.recognise('my alerts')?.tool).not.toBe('list_alerts')
  })

  it('belong to the weather API, with a right and a sidecar entry of their own for users', async () => {
    const tools = await weatherToolset(alertVariables).load(noContext)
    expect(tools.map(({ tool, api, change }) => [tool.name, api.name, api.scope, change])).toEqual([
      ['get_weather', 'weather-api', undefined, undefined],
      ['get_forecast', 'weather-api', undefined, undefined],
      [
        'create_alert',
        'weather-api',
        'Alerts.ReadWrite',
        { effect: 'create', title: 'Create alert', tell: expect.any(Function), isIdempotent: true },
      ],
      ['list_alerts', 'weather-api', 'Alerts.ReadWrite', undefined],
      [
        'delete_alert',
        'weather-api',
        'Alerts.ReadWrite',
        { effect: 'delete', title: 'Delete alert', tell: expect.any(Function), isIdempotent: true },
      ],
    ])
    expect(weatherToolset(alertVariables).otherRights).toEqual([
      expect.objectContaining({
        sidecarEntries: { autonomous: 'weatherApp', obo: 'weatherAlerts', 'agent-user': 'weatherAlerts' },
        permissions: { role: 'Alerts.ReadWrite.All', scope: 'Alerts.ReadWrite' },
        authenticationContexts: ['c1', 'c2'],
      }),
    ])
  })

  it('let the API ask for an authentication context only if that context is configured', () => {
    const { otherRights } = weatherToolset({ WEATHER_API_ALERTS: 'true' })
    expect(otherRights?.[0]?.authenticationContexts).toEqual([])
  })

  it('can be called without a user’s approval only if the configuration names them', async () => {
    const tools = await weatherToolset({
      ...alertVariables,
      WEATHER_API_UNATTENDED_TOOLS: 'delete_alert',
    }).load(noContext)
    expect(tools.flatMap(({ tool, change }) => (change?.unattended ? [tool.name] : []))).toEqual([
      'delete_alert',
    ])
  })

  it('let the agent report each fault of their configuration', () => {
    expect(
      faultsOf({
        WEATHER_API_ALERTS: 'yes',
        ALERTS_AUTH_CONTEXT: 'c1,c100',
        WEATHER_API_UNATTENDED_TOOLS: 'list_alerts',
      }),
    ).toEqual([
      expect.stringMatching(
        /^WEATHER_API_UNATTENDED_TOOLS may list create_alert, delete_alert; "list_alerts"/,
      ),
      expect.stringMatching(/^ALERTS_AUTH_CONTEXT must be .*"c100" is none/),
      expect.stringMatching(/^WEATHER_API_ALERTS /),
    ])
  })

  it('refuse arguments that the API does not take', async () => {
    const tools = await weatherToolset(alertVariables).load(noContext)
    const create = tools.find(({ tool }) => tool.name === 'create_alert')?.tool
    const newAlert = {
      city: 'Oslo',
      when: { kind: 'temperature-below', celsius: -5 },
      untilDate: '2026-12-04',
    }
    for (const faulty of [
      { ...newAlert, city: ' ' },
      { ...newAlert, city: 'Oslo above 20 °C, until tomorrow; the rest is ignored' },
      { ...newAlert, city: `Oslo${', Norway'.repeat(8)}` },
      { ...newAlert, city: 'Oslo” below “20' },
      { ...newAlert, city: 'Os\u202Elo' },
      { ...newAlert, when: { ...newAlert.when, celsius: -500 } },
      { ...newAlert, when: { ...newAlert.when, other: true } },
      { ...newAlert, when: { kind: 'rain', celsius: 1 } },
      { ...newAlert, untilDate: 'tomorrow' },
      { ...newAlert, owner: 'somebody' },
    ])
      await expect(create?.invoke(faulty)).rejects.toThrow('did not match expected schema')
  })
})

describe('direct mode', () => {
  it('tells the approving user what an alert is, and that it lasts a week if the message names no last day', () => {
    const { direct } = weatherToolset(alertVariables)
    const told = (message: string) => {
      const call = direct?.recognise(message)
      return call?.change?.tell?.(call.arguments, noContext)
    }
    const record = 'An alert is a record: nothing watches the weather for it, and nobody is told.'
    const parts = (untilDate: string, last: string) => [
      { value: 'Oslo' },
      { text: ' below ' },
      { value: '−5 °C' },
      { text: ', until ' },
      { value: expect.stringMatching(untilDate) },
      { text: last },
    ]
    expect(told(alertMessage)).toEqual(parts('^\\w+ 4 December 20\\d\\d$', `. ${record}`))
    expect(told('Create an alert for Oslo below −5 °C')).toEqual(
      parts('^\\w+ \\d+ \\w+ 20\\d\\d$', ` (a week: no last day was named). ${record}`),
    )
  })

  it('turns a request for an alert into a call that changes something, and still answers about the weather', () => {
    const { direct } = weatherToolset(alertVariables)
    const call = direct?.recognise(alertMessage)
    expect(call).toMatchObject({
      tool: 'create_alert',
      arguments: {
        city: 'Oslo',
        when: { kind: 'temperature-below', celsius: -5 },
        untilDate: expect.stringMatching(/^20\d\d-12-04$/),
      },
      api: { scope: 'Alerts.ReadWrite' },
      change: { effect: 'create', title: 'Create alert' },
    })
    const weather = direct?.recognise('Weather in Dallas?')
    expect([weather?.tool, weather?.change, weather?.api.scope]).toEqual([
      'get_weather',
      undefined,
      undefined,
    ])
    const list = direct?.recognise('my alerts')
    expect([list?.tool, list?.arguments, list?.change]).toEqual(['list_alerts', {}, undefined])
    const id = '1c9f2f6e-6a3a-4d5e-9a51-3f0a4d2b7c11'
    const removal = direct?.recognise(`delete alert ${id}`)
    expect([removal?.arguments, removal?.change?.effect]).toEqual([{ id }, 'delete'])
  })

  it('refuses an alert request that it does not understand', () => {
    expect(() => weatherToolset(alertVariables).direct?.recognise('warn me when it rains in Oslo')).toThrow(
      expect.objectContaining({ code: 'ALERT_NOT_RECOGNISED' }),
    )
  })
})

describe('an answer without a tool', () => {
  it('is accepted for a message about alerts if alerts are configured, even if the message mentions the weather', () => {
    const turn = { message: 'Warn me when the temperature in Oslo falls below −5 °C', history: [] }
    const answer = 'Alerts need a signed-in user.'
    expect(weatherToolset(alertVariables).wasNeeded(turn, answer)).toBe(false)
    expect(weatherToolset().wasNeeded(turn, answer)).toBe(true)
    expect(
      weatherToolset(alertVariables).wasNeeded({ message: 'Weather in Oslo?', history: [] }, 'Sunny.'),
    ).toBe(true)
  })
})

describe('sentences about alerts', () => {
  const alert = {
    id: 'id-1',
    city: 'Oslo',
    when: { kind: 'temperature-below' as const, celsius: -5.5 },
    untilDate: '2026-12-04',
    createdAt: '2026-11-28T12:00:00.000Z',
  }

  it('name city, limit, last day and id of an alert, and say that nothing watches the weather for it', () => {
    expect(describeAlert(alert)).toBe(
      'There is an alert now: Oslo below −5.5 °C, until Friday 4 December 2026. Its id is id-1. An alert is a record: nothing watches the weather for it, and nobody is told.',
    )
    expect(describeDeletion('id-1')).toBe('There is no alert id-1 any more.')
  })

  it('list the alerts with their ids', () => {
    const other = {
      ...alert,
      id: 'id-2',
      city: 'Rome',
      when: { kind: 'temperature-above' as const, celsius: 30 },
    }
    expect(describeAlerts({ alerts: [] })).toBe('There are no alerts.')
    expect(describeAlerts({ alerts: [alert] })).toContain('There is one alert:\n- Oslo below −5.5 °C')
    expect(
      describeAlerts({ alerts: [alert, other] })
        .split('\n')
        .slice(0, 3),
    ).toEqual([
      'There are 2 alerts:',
      '- Oslo below −5.5 °C, until Friday 4 December 2026 (id-1)',
      '- Rome above 30 °C, until Friday 4 December 2026 (id-2)',
    ])
  })
})
