import { describe, expect, it } from 'vitest'
import { ConfigurationError, readEnvironment } from './environment.ts'

describe('readEnvironment', () => {
  it('reports all faults at once, each with the name of its variable', () => {
    const read = () =>
      readEnvironment(
        { TENANT_ID: 'contoso', PORT: '99999', SECURE: 'yes', COLOUR: 'red', API_URL: 'ftp://a' },
        env => ({
          tenantId: env.guid('TENANT_ID'),
          clientId: env.guid('CLIENT_ID'),
          port: env.port('PORT', 3001),
          secure: env.flag('SECURE', true),
          colour: env.oneOf('COLOUR', ['green', 'blue'], 'green'),
          url: env.url('API_URL'),
        }),
      )
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(
      [
        'The configuration has 6 faults:',
        '  - TENANT_ID must be a GUID; it is "contoso".',
        '  - CLIENT_ID is not set.',
        '  - PORT must be a whole number from 0 to 65535; it is "99999".',
        '  - SECURE must be true or false; it is "yes".',
        '  - COLOUR must be one of green, blue; it is "red".',
        '  - API_URL must be an http or https URL; it is "ftp://a".',
      ].join('\n'),
    )
  })

  it('treats an empty variable as unset', () => {
    const config = readEnvironment({ PORT: '', SECURE: ' ', NAMES: '' }, env => ({
      port: env.port('PORT', 3001),
      secure: env.flag('SECURE', true),
      names: env.list('NAMES', ['a']),
      id: env.optionalGuid('CLIENT_ID'),
    }))
    expect(config).toEqual({ port: 3001, secure: true, names: ['a'], id: undefined })
  })

  it('normalises values that have several spellings', () => {
    const config = readEnvironment(
      {
        ID: 'AAAAAAAA-0000-4000-8000-00000000000A',
        URL: 'http://localhost:5000/',
        LIST: 'a, b,,c ',
        ON: 'TRUE',
      },
      env => ({
        id: env.guid('ID'),
        url: env.url('URL'),
        list: env.list('LIST', []),
        on: env.flag('ON', false),
      }),
    )
    expect(config).toEqual({
      id: 'aaaaaaaa-0000-4000-8000-00000000000a',
      url: 'http://localhost:5000',
      list: ['a', 'b', 'c'],
      on: true,
    })
  })

  it('never repeats a password in a URL', () => {
    expect(() => readEnvironment({ URL: 'http://ada:geheim@localhost' }, env => env.url('URL'))).toThrow(
      'URL must not contain a user name or password.',
    )
  })

  it.each([
    'https://login.microsoftonline.com',
    'http://localhost:7001',
    'http://LOCALHOST',
    'http://127.0.0.1:7001/a',
    'http://[::1]:7001',
  ])('accepts %s as a URL that tokens are sent to', value => {
    expect(readEnvironment({ SIDECAR_URL: value }, env => env.secureUrl('SIDECAR_URL'))).toBe(value)
  })

  it.each([
    'http://login.microsoftonline.com',
    'http://localhost.example',
    'http://127.0.0.1.example:7001',
    'http://10.0.0.1',
    'http://ada:geheim@sidecar',
  ])('refuses %s as a URL that tokens are sent to, without repeating a password', value => {
    const read = () => readEnvironment({ SIDECAR_URL: value }, env => env.secureUrl('SIDECAR_URL'))
    expect(read).toThrow('SIDECAR_URL must be https, or http to localhost')
    expect(read).not.toThrow('geheim')
  })

  it('turns host names into the form of a Host header, without ports, and defaults to the names of loopback', () => {
    const read = (value: string) => readEnvironment({ HOSTS: value }, env => env.hostNames('HOSTS'))
    expect(read('')).toEqual(['localhost', '127.0.0.1', '[::1]'])
    expect(read('Agent.Example, agent.example.:8443,[0:0::1],*')).toEqual([
      'agent.example',
      'agent.example',
      '[::1]',
      '*',
    ])
  })

  it.each([
    'https://agent.example',
    'agent.example/page',
    '*.example',
    '::1',
    'two words',
    'ada@agent.example',
  ])('refuses %s as a host name', value => {
    expect(() => readEnvironment({ HOSTS: value }, env => env.hostNames('HOSTS'))).toThrow(
      `HOSTS must be * or a comma-separated list of host names; "${value}" is none.`,
    )
  })
})
