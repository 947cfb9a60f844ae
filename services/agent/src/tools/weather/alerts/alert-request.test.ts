import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longMessages } from '../testing/long-messages.ts'
import { recogniseAlertRequest } from './alert-request.ts'

/** A Saturday. */
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
  it.each([
    [
      'may be yesterday, which may still be the user’s today',
      '2026-11-27',
      orderBelow('Oslo', -5, '2026-11-27'),
    ],
    [
      'that is over is not accepted',
      '2026-11-26',
      { kind: 'unclear', why: 'The message does not name a last day that is still to come.' },
    ],
    [
      'of the year after next is not accepted',
      '2028-01-01',
      { kind: 'unclear', why: 'The message does not name a last day within a year.' },
    ],
  ])('%s', (_what, day, request) => {
    expect(recognise(`Warn me when Oslo falls below -5 °C until ${day}`)).toEqual(request)
  })

  it('on 29 February is in the next leap year', () => {
    const message = 'Warn me when Oslo falls below -5 °C until 29 February'
    expect(recogniseAlertRequest(message, '2027-12-01')).toEqual(orderBelow('Oslo', -5, '2028-02-29'))
  })
})

describe('A request for an alert', () => {
  // biome-ignore format: table
  it.each([
    ['warn me when Oslo falls below −5 °C', orderBelow('Oslo', -5)],
    ['Warn me when Oslo falls below -5 °C until 4 December.', orderBelow('Oslo', -5, '2026-12-04')],
    ['Please warn me if it gets colder than –12.5° in Tromsø', orderBelow('Tromsø', -12.5)],
    ['Can you warn me when the temperature in São Paulo rises above 35 degrees Celsius for a week?', orderAbove('São Paulo', 35, inAWeek)],
    ['alert me if Dallas, Texas exceeds 100 °F', orderAbove('Dallas, Texas', 37.8)],
    ['alert me when it is hotter than 100 degrees Fahrenheit in Dallas', orderAbove('Dallas', 37.8)],
    ['notify me once Rome gets warmer than 30 until Friday', orderAbove('Rome', 30, '2026-12-04')],
    ['Create an alert for New York below minus 10', orderBelow('New York', -10)],
    ['set an alert for Rio de Janeiro over 40C until 2027-01-31', orderAbove('Rio de Janeiro', 40, '2027-01-31')],
    ['Tell me when Vienna drops under 0 °C', orderBelow('Vienna', 0)],
    ['Let me know if it drops below freezing in Berlin tomorrow', orderBelow('Berlin', 0, '2026-11-29')],
    ['Warn me when Oslo is below 0 °C this week', orderBelow('Oslo', 0)],
    ['warn me when oslo falls below 0', orderBelow('oslo', 0)],
    ['WARN ME WHEN IT IS BELOW 0 IN OSLO', orderBelow('OSLO', 0)],
    ['Hi! Warn me when Niagara Falls falls below -5 for 10 days', orderBelow('Niagara Falls', -5, '2026-12-08')],
    ['warn me when Frankfurt am Main falls below 3.5 °C', orderBelow('Frankfurt am Main', 3.5)],
    ['Warn me below -5 °C in Oslo', orderBelow('Oslo', -5)],
    ['If Oslo gets colder than -5 °C, warn me', orderBelow('Oslo', -5)],
    ['warne mich, wenn es in Oslo unter −5 Grad fällt', orderBelow('Oslo', -5)],
    ['Warne mich bis zum 4. Dezember, wenn die Temperatur in Wien über 30 Grad steigt', orderAbove('Wien', 30, '2026-12-04')],
    ['Sag mir Bescheid, wenn es in München kälter als minus 3,5 Grad wird', orderBelow('München', -3.5)],
    ['Bitte warne mich, sobald Zürich unter null fällt', orderBelow('Zürich', 0)],
    ['Erstelle eine Warnung für Hamburg über 25 °C bis 24.12.', orderAbove('Hamburg', 25, '2026-12-24')],
    ['Warne mich, wenn Oslo kälter als -5 Grad wird, zwei Wochen lang', orderBelow('Oslo', -5, '2026-12-12')],
    ['benachrichtige mich, wenn Graz unter 0 Grad Celsius sinkt', orderBelow('Graz', 0)],
  ])('is recognised in the message “%s”', (message, request) => expect(recognise(message)).toEqual(request))

  // biome-ignore format: table
  it.each([
    ['until 4 December', '2026-12-04'],
    ['until the 4th of December', '2026-12-04'],
    ['until December 4th', '2026-12-04'],
    ['until December 4, 2026', '2026-12-04'],
    ['till 1 Mar', '2027-03-01'],
    ['until 27 November', '2027-11-27'],
    ['until 28 November', today],
    ['until tomorrow', '2026-11-29'],
    ['until the day after tomorrow', '2026-11-30'],
    ['until Saturday', inAWeek],
    ['until Sunday', '2026-11-29'],
    ['for a week', inAWeek],
    ['for two weeks', '2026-12-12'],
    ['for the next 3 days', '2026-12-01'],
    ['for a month', '2026-12-28'],
    ['bis 4.12.2026', '2026-12-04'],
    ['bis übermorgen', '2026-11-30'],
    ['bis Mittwoch', '2026-12-02'],
    ['für einen Monat', '2026-12-28'],
    ['10 Tage lang', '2026-12-08'],
  ])('may name the last day of the alert: %s', (words, untilDate) => {
    expect(recognise(`warn me when Oslo falls below -5 °C ${words}`)).toEqual(orderBelow('Oslo', -5, untilDate))
    expect(recognise(`warn me ${words} when it falls below -5 °C in Oslo`)).toEqual(orderBelow('Oslo', -5, untilDate))
  })

  it.each([
    'warn me about rain in Oslo',
    'warn me when Oslo falls below −5 °C until my birthday',
    'warn me when Oslo falls below −5 °C until 31 February',
    'warn me when Oslo falls below −5 °C for some weeks',
    'warn me when Oslo falls below −500 °C',
    'warn me when Oslo falls below 1000 °C',
    'warn me when Oslo falls below −5 °C or rises above 30 °C',
    'warn me when it falls below −5 °C',
    'Warne mich, wenn es regnet',
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
    'List my alerts, please.'.replace(',', ''),
    'show me all my alerts',
    'Which alerts do I have?',
    'meine Warnungen',
    'Zeig mir meine Alarme',
    'Welche Warnungen habe ich?',
  ])('asks to list the alerts: %s', message => expect(recognise(message)).toEqual({ kind: 'list' }))

  it.each(['delete alert %', 'Remove the alert %', 'please cancel my alert %.', 'Lösche bitte den Alarm %'])(
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
    'Will it be warmer than 20 degrees in Rome tomorrow?',
    'Tell me when it rains in Oslo',
    'Let me know the weather in Oslo',
    'weather alerts in Oslo',
    'Are there storm warnings for Miami?',
    'Don’t warn me when Oslo falls below −5 °C',
    'Warne mich nicht, wenn es in Oslo unter −5 Grad fällt',
    'Alert, Nunavut',
    'hello',
    '',
  ])('is not taken for a request: %s', message => expect(recognise(message)).toBeUndefined())

  it.each(Object.entries(longMessages))('may be as long as messages can be: %s', (_what, message) => {
    expect(recognise(message)).toBeUndefined()
    expect(recognise(`warn me ${message}`)?.kind).not.toBe('create')
  })

  it('can be any text, and causes no failure', () => {
    const phrases = [
      'warn me',
      'below',
      '-5',
      '°C',
      'until',
      '4',
      'December',
      'for',
      'a',
      'week',
      'Oslo',
      'in',
      'bis',
      '.',
      '−',
    ]
    const word = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype)),
    )
    const text = fc.oneof(
      word,
      fc.array(fc.oneof(fc.constantFrom(...phrases), word)).map(parts => parts.join(' ')),
      fc
        .tuple(
          fc.constantFrom('for %s days', 'für %s Tage', '%s Wochen lang', 'until %s', 'until 4 %s'),
          word,
        )
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
