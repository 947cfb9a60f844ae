import { expect, it } from 'vitest'
import { type EnvironmentReader, readEnvironment, type Variables } from './environment.ts'
import { findFaults } from './testing/find-faults.ts'

const readers = {
  guid: env => env.guid('V'),
  guidList: env => env.guidList('V'),
  optionalGuid: env => env.optionalGuid('V'),
  url: env => env.url('V'),
  secureUrl: env => env.secureUrl('V'),
  hostNames: env => env.hostNames('V'),
  port: env => env.port('V', 3001),
  flag: env => env.flag('V', true),
  list: env => env.list('V', ['a']),
  oneOf: env => env.oneOf('V', ['green', 'blue'], 'green'),
} satisfies Record<string, (env: EnvironmentReader) => unknown>

it('reads a variable in each of its spellings as one value, and reports every other value by its name', async () => {
  const id = 'AAAAAAAA-0000-4000-8000-00000000000A'
  // biome-ignore format: table
  const values: readonly (readonly [keyof typeof readers, readonly string[]])[] = [
    ['guid', [id, 'contoso', '']],
    ['guidList', [`${id}, ${id}`, `${id},contoso`, '']],
    ['optionalGuid', [id, 'contoso', '']],
    ['url', ['http://localhost:5000/', 'https://a.example//', 'ftp://a', 'http://ada:geheim@localhost', 'http://ada@localhost']],
    ['secureUrl', ['https://login.microsoftonline.com', 'http://localhost:7001', 'http://LOCALHOST', 'http://127.0.0.1:7001/a', 'http://[::1]:7001']],
    ['secureUrl', ['http://login.microsoftonline.com', 'http://localhost.example', 'http://127.0.0.1.example:7001', 'http://10.0.0.1', 'http://ada:geheim@sidecar']],
    ['hostNames', ['', 'Agent.Example, agent.example.:8443,[0:0::1],*', 'https://agent.example', 'agent.example/page', '*.example', '::1', 'two words', 'ada@agent.example']],
    ['port', ['', '0', '65535', '65536', '-1', '1.5', 'ten']],
    ['flag', [' ', 'TRUE', 'False', 'yes']],
    ['list', ['', 'a, b,,c ']],
    ['oneOf', ['', 'blue', 'red']],
  ]
  const lines = values.flatMap(([kind, texts]) =>
    texts.map(text => {
      const read = () => readEnvironment<unknown>({ V: text }, readers[kind])
      const faults = findFaults(read)
      return `${kind} “${text}” → ${faults.length > 0 ? faults.join(' ') : (JSON.stringify(read()) ?? 'unset')}\n`
    }),
  )
  await expect(lines.join('')).toMatchFileSnapshot('environment.txt')
})

it('reports all faults at once', () => {
  const read = (variables: Variables) =>
    readEnvironment(variables, env => [env.guid('TENANT_ID'), env.text('CLIENT_ID'), env.port('PORT', 1)])
  expect(() => read({ TENANT_ID: 'contoso', PORT: 'ten' })).toThrowErrorMatchingInlineSnapshot(`
    [ConfigurationError: The configuration has 3 faults:
      - TENANT_ID must be a GUID; it is "contoso".
      - CLIENT_ID is not set.
      - PORT must be a whole number from 0 to 65535; it is "ten".]
  `)
})
