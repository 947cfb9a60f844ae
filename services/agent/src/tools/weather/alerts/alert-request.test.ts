import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recogniseAlertRequest } from './alert-request.ts'

const today = '2026-11-28'
const inAWeek = '2026-12-05'

const orderRequest = (kind: string) => (city: string, celsius: number, untilDate?: string) => ({
  kind: 'create',
  newAlert: { city, when: { kind, celsius }, untilDate: untilDate ?? inAWeek },
  ...(untilDate === undefined ? { isUsualDay: true } : {}),
})
const orderBelow = orderRequest('temperature-below')
const orderAbove = orderRequest('temperature-above')
const recognise = (message: string) => recogniseAlertRequest(message, today)

describe('A last day', () => {
  // biome-ignore format: table
  it.each([
    ['may be yesterday, which may still be the user’s today', '2026-11-27', orderBelow('Oslo', -5, '2026-11-27')],
    ['that is over is not accepted', '2026-11-26', { kind: 'unclear', why: 'The message does not name a last day that is still to come.' }],
    ['of the year after next is not accepted', '2028-01-01', { kind: 'unclear', why: 'The message does not name a last day within a year.' }],
    ['may be a day and a month', '4 December', orderBelow('Oslo', -5, '2026-12-04')],
    ['may be a day, a month in short and a year', '4 Dec 2026', orderBelow('Oslo', -5, '2026-12-04')],
    ['without a year may be today', '28 November', orderBelow('Oslo', -5, today)],
    ['without a year is the next such day', '27 November', orderBelow('Oslo', -5, '2027-11-27')],
  ])('%s', (_what, day, request) => {
    expect(recognise(`Warn me when Oslo falls below -5 °C until ${day}`)).toEqual(request)
  })

  it('on 29 February is in the next leap year', () => {
    const message = 'Warn me when Oslo falls below -5 °C until 29 February'
    expect(recogniseAlertRequest(message, '2027-12-01')).toEqual(orderBelow('Oslo', -5, '2028-02-29'))
  })
})

describe('A request for an alert', () => {
  it.each([
    ['warn me when Oslo falls below −5 °C', orderBelow('Oslo', -5)],
    ['Warn me when Oslo falls below -5 °C until 4 December.', orderBelow('Oslo', -5, '2026-12-04')],
    ['Please warn me if Tromsø gets below –12.5°', orderBelow('Tromsø', -12.5)],
    ['Warn me when the temperature in São Paulo rises above 35 degrees Celsius', orderAbove('São Paulo', 35)],
    ['alert me if Dallas, Texas is over 100 °F', orderAbove('Dallas, Texas', 37.8)],
    [
      'alert me when Washington, D.C. goes above 100 degrees Fahrenheit',
      orderAbove('Washington, D.C.', 37.8),
    ],
    ['Create an alert for New York below minus 10', orderBelow('New York', -10)],
    [
      'set an alert for Rio de Janeiro over 40C until 2027-01-31',
      orderAbove('Rio de Janeiro', 40, '2027-01-31'),
    ],
    ['notify me when Vienna drops under 0 °C', orderBelow('Vienna', 0)],
    ['warn me when oslo falls below -0', orderBelow('oslo', 0)],
    ['Warn me when Niagara Falls falls below -5', orderBelow('Niagara Falls', -5)],
    ['WARN ME WHEN OSLO FALLS BELOW 3.5', orderBelow('OSLO', 3.5)],
  ])('is recognised in the message “%s”', (message, request) => expect(recognise(message)).toEqual(request))

  it.each([
    'warn me about rain in Oslo',
    'warn me when Oslo falls below −5 °C until my birthday',
    'warn me when Oslo falls below −5 °C until 31 February',
    'warn me when Oslo falls below −5 °C until 4 December until 5 December',
    'warn me when Oslo falls below −5 °C for some weeks',
    'warn me when Oslo falls below −5 °C tomorrow',
    'warn me when Oslo falls below −500 °C',
    'warn me when Oslo falls below 1000 °C',
    'warn me when Oslo falls below −5 °C or rises above 30 °C',
    'warn me when Oslo or Rome falls below −5 °C',
    'warn me when it falls below −5 °C',
    'delete my alert',
    'delete the alert for Oslo',
  ])('that is unclear is reported as unclear, never guessed at: %s', message => {
    expect(recognise(message)).toEqual({
      kind: 'unclear',
      why: expect.stringContaining('The message does not'),
    })
  })
})

describe('A message about existing alerts', () => {
  it.each([
    'my alerts',
    'My alerts?',
    'list alerts',
    'Please show me all my alerts.',
    'Which alerts do I have?',
  ])('asks to list the alerts: %s', message => expect(recognise(message)).toEqual({ kind: 'list' }))

  it.each(['delete alert %', 'Remove the alert %', 'please cancel my alert %.'])(
    'asks to delete one alert: %s',
    message => {
      const id = '1c9f2f6e-6a3a-4d5e-9a51-3f0a4d2b7c11'
      expect(recognise(message.replace('%', id))).toEqual({ kind: 'delete', id })
      expect(recognise(message.replace('%', id.toUpperCase()))).toEqual({ kind: 'delete', id })
    },
  )
})

describe('A message that is no request for an alert', () => {
  it.each([
    'Weather in Dallas?',
    'Is it below 0 °C in Oslo?',
    'weather alerts in Oslo',
    'Don’t warn me when Oslo falls below −5 °C',
    'Alert, Nunavut',
    'hello',
    '',
    `warn me when ${'a'.repeat(4_000)} falls below 0`,
    `warn me${' until'.repeat(600)}`,
  ])('is not taken for a request: %s', message => expect(recognise(message)).toBeUndefined())

  it('can be any text, and causes no failure', () => {
    const phrases = ['warn me', 'when', 'below', '-5', '°C', 'until', '4', 'December', 'Oslo', 'in', '.', '−']
    const word = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype)),
    )
    const text = fc.oneof(
      fc.array(fc.oneof(fc.constantFrom(...phrases), word)).map(parts => parts.join(' ')),
      fc
        .tuple(fc.constantFrom('until %s', 'until 4 %s', 'for %s days'), word)
        .map(([day, said]) => `Warn me when Oslo falls below -5 °C ${day.replace('%s', () => said)}`),
    )
    fc.assert(
      fc.property(text, message => {
        const request = recognise(message)
        if (request?.kind === 'create') expect(request.newAlert.untilDate).toMatch(/^\d{4}-\d{2}-\d{2}$/)
      }),
      { numRuns: 1_000 },
    )
  })
})
