import { execFileSync } from 'node:child_process'
import type { TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { apiCall, ownToken, step } from '../testing/trace.ts'
import { asCurl } from './as-curl.ts'

const requestOf = (request: Partial<NonNullable<TraceStep['request']>>, more: Partial<TraceStep> = {}) =>
  asCurl(
    step('a', { request: { method: 'POST', url: 'https://orders/7', headers: {}, ...request }, ...more }),
  )

/** What a shell makes of a command: the arguments of `curl`. */
function readByShell(command: string | undefined): string[] {
  const script = `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; }; TR=tr-value TOKEN=token-value\n${command}`
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
}

it('a request is a command in which a variable stands for the token', () => {
  const call = apiCall('a', ownToken)
  expect(asCurl(call)).toBe(
    String.raw`curl --globoff --request 'GET' --url 'http://orders/7' \
  --header 'authorization: Bearer '"$TR"`,
  )
  expect(readByShell(requestOf({ ...call.request, body: { city: 'Oslo' } })).slice(5)).toEqual([
    '--header',
    'authorization: Bearer tr-value',
    '--data-raw',
    '{"city":"Oslo"}',
  ])
})

it.each(["'; touch x; '", '$(id)', '`id`', '"$HOME"', '\\', '!!', "'\"'\"'"])(
  'a shell expands nothing of %s, wherever it stands',
  text => {
    const command = requestOf({
      method: text,
      url: `https://orders/${text}`,
      headers: { a: text },
      body: text,
    })
    expect(readByShell(command)).toEqual([
      ...['--globoff', '--request', text, '--url', `https://orders/${text}`],
      ...['--header', `a: ${text}`, '--data-raw', text],
    ])
  },
)

it('no token and no credential is ever copied, even if a trace holds one', () => {
  const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
  const command = requestOf({
    url: `https://orders/?access=${token}`,
    headers: { authorization: 'Basic YTpi', 'x-api-key': 'k-1', cookie: 'a=b', other: `Bearer ${token}` },
    body: { token },
  })
  expect(command).not.toMatch(/eyJ|YTpi|k-1|a=b/)
  expect(readByShell(command)).toContain('authorization: token-value')
})

it('invisible and control characters are spelt out, and a header is read from no file', () => {
  const command = requestOf({ headers: { a: 'b\u202Ec\u001B[201~\rd', '@/etc/passwd': 'e' } })
  expect(command).toContain("'a: b‹U+202E›c‹U+001B›[201~‹U+000D›d'")
  expect(command).not.toContain('@/etc')
})

it('there is no command for what nobody saw, nor for an address that is none of the web', () => {
  expect(requestOf({}, { status: 'not-observable' })).toBeUndefined()
  expect(requestOf({ url: 'file:///etc/passwd' })).toBeUndefined()
  expect(asCurl(step('a'))).toBeUndefined()
})
