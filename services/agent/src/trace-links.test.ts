import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { neededVariables as needed } from './testing/needed-variables.ts'

const environmentWith = (links: unknown) => ({
  ...needed,
  TRACE_LINKS: typeof links === 'string' ? links : JSON.stringify(links),
})

it('TRACE_LINKS gives the page templates of addresses; without it there are none', () => {
  const entra = 'https://logs.example/search?q={correlationId}+{tokenId}#{time}'
  const trace = 'http://localhost:16686/trace/{traceId}'
  const { traceLinks } = readConfig(environmentWith({ entra, trace }))
  expect(traceLinks).toEqual({ entraLogUrl: entra, traceUrl: trace })
  expect(readConfig(environmentWith({ trace })).traceLinks).toEqual({ traceUrl: trace })
  for (const none of ['', ' ', {}]) expect(readConfig(environmentWith(none)).traceLinks).toEqual({})
})

it('TRACE_LINKS with a bad template stops the start, in words that say what to mend', async () => {
  const values = [
    ...['https://logs.example/{traceId}', '{"entra": ', '[]', 'null', '"https://logs.example"', '7'],
    { entra: 7, trace: null },
    { entra: {}, trace: ['https://logs.example'] },
    { Entra: 'https://logs.example', jaeger: 'https://traces.example' },
    '{"__proto__": {"entra": "https://logs.example"}}',
    { entra: '', trace: 'logs.example/{traceId}' },
    { entra: 'javascript:alert(1)//{traceId}', trace: 'data:text/html,{traceId}' },
    { entra: 'file:///etc/{traceId}', trace: '//logs.example/{traceId}' },
    { entra: 'https://{traceId}', trace: 'https://{traceId}.logs.example/' },
    { entra: '{traceId}://logs.example', trace: 'https://logs.example:{traceId}/' },
    { entra: 'https://ada:{traceId}@logs.example/', trace: 'https://{traceId}@logs.example/' },
    { entra: 'https://logs.example/{user}', trace: 'https://logs.example/{{traceId}}' },
    { entra: 'https://logs.example/{traceid}', trace: 'https://logs.example/{traceId' },
    { entra: 'https://logs.example/traceId}', trace: 'https://logs.example/{}' },
  ]
  const blocks = values.map(value => {
    const environment = environmentWith(value)
    return `# ${environment.TRACE_LINKS}\n${findFaults(() => readConfig(environment)).join('\n')}\n`
  })
  await expect(blocks.join('\n')).toMatchFileSnapshot('trace-links.txt')
})
