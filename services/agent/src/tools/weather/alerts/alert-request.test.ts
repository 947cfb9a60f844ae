import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recogniseAlertRequest } from './alert-request.ts'

const today = '2026-11-28'
const id = '1c9f2f6e-6a3a-4d5e-9a51-3f0a4d2b7c11'
const days = [
  '2026-11-27',
  '2026-11-26',
  '2028-01-01',
  '4 December',
  '4 Dec 2026',
  '28 November',
  '27 November',
  '31 February',
  'my birthday',
  '4 December until 5 December',
]
const messages = {
  'a new alert': [
    'warn me when Oslo falls below −5 °C',
    'Warn me when Oslo falls below -5 °C until 4 December.',
    'Please warn me if Tromsø gets below –12.5°',
    'Warn me when the temperature in São Paulo rises above 35 degrees Celsius',
    'alert me if Dallas, Texas is over 100 °F',
    'alert me when Washington, D.C. goes above 100 degrees Fahrenheit',
    'Create an alert for New York below minus 10',
    'set an alert for Rio de Janeiro over 40C until 2027-01-31',
    'notify me when Vienna drops under 0 °C',
    'warn me when oslo falls below -0',
    'Warn me when Niagara Falls falls below -5',
    'WARN ME WHEN OSLO FALLS BELOW 3.5',
  ],
  'a last day, which may be yesterday, since that may still be the user’s today': days.map(
    day => `Warn me when Oslo falls below -5 °C until ${day}`,
  ),
  'what is unclear, and never guessed at': [
    'warn me about rain in Oslo',
    'warn me when Oslo falls below −5 °C for some weeks',
    'warn me when Oslo falls below −5 °C tomorrow',
    'warn me when Oslo falls below −500 °C',
    'warn me when Oslo falls below 1000 °C',
    'warn me when Oslo falls below −5 °C or rises above 30 °C',
    'warn me when Oslo or Rome falls below −5 °C',
    'warn me when it falls below −5 °C',
    'delete my alert',
    'delete the alert for Oslo',
  ],
  'existing alerts': [
    'my alerts',
    'My alerts?',
    'list alerts',
    'Please show me all my alerts.',
    'Which alerts do I have?',
    `delete alert ${id}`,
    `Remove the alert ${id}`,
    `please cancel my alert ${id}.`,
    `delete alert ${id.toUpperCase()}`,
  ],
  'no request for an alert': [
    'Weather in Dallas?',
    'Is it below 0 °C in Oslo?',
    'weather alerts in Oslo',
    'Don’t warn me when Oslo falls below −5 °C',
    'Alert, Nunavut',
    'hello',
    '',
    `warn me when ${'a'.repeat(200)} falls below 0`,
    `warn me${' until'.repeat(600)}`,
  ],
}

it('A message is taken for the request that it makes about alerts, and an unclear request for an unclear one', async () => {
  const blocks = Object.entries(messages).map(([kind, texts]) => {
    const lines = texts.map(message => {
      const request = JSON.stringify(recogniseAlertRequest(message, today)) ?? 'none'
      return `${message.slice(0, 100)} → ${request}\n`
    })
    return `# ${kind}\n${lines.join('')}`
  })
  await expect(blocks.join('\n')).toMatchFileSnapshot('alert-request.txt')
})

it('An alert until 29 February lasts until the next leap year', () => {
  const request = recogniseAlertRequest('Warn me when Oslo is below -5 until 29 February', '2027-12-01')
  expect(request).toMatchObject({ newAlert: { untilDate: '2028-02-29' } })
})

it('Any text is a request with a last day, or none, and causes no failure', () => {
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
      const request = recogniseAlertRequest(message, today)
      if (request?.kind === 'create') expect(request.newAlert.untilDate).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    }),
    { numRuns: 1_000 },
  )
})
