import { expect, it } from 'vitest'
import { writeLink } from './link-templates.ts'

const template = 'https://logs.example/{correlationId}?token={tokenId}&at={time}#{traceId}'

it('makes an address of the values that are known, percent-encoded', () => {
  const time = '2026-11-30T10:00:00.000+01:00'
  const all = { correlationId: '0af76519-16cd', tokenId: 'Ab_Cd-Ef', traceId: '0af7', time }
  expect(writeLink(template, all)).toBe(
    'https://logs.example/0af76519-16cd?token=Ab_Cd-Ef&at=2026-11-30T10%3A00%3A00.000%2B01%3A00#0af7',
  )
  expect(writeLink(template, { tokenId: 'Ab' })).toBe('https://logs.example/?token=Ab&at=#')
  expect(writeLink('http://localhost:1/{tokenId}/{tokenId}', { tokenId: 'Ab' })).toBe(
    'http://localhost:1/Ab/Ab',
  )
  expect(writeLink('https://logs.example/', {})).toBe('https://logs.example/')
})

it('makes no address without a template or any id', () => {
  expect(writeLink(undefined, { traceId: '0af7' })).toBeUndefined()
  expect(writeLink(template, {})).toBeUndefined()
  expect(writeLink(template, { time: '2026' })).toBeUndefined()
  expect(writeLink('https://logs.example/{time}', { time: '2026' })).toBe('https://logs.example/2026')
  expect(writeLink('https://logs.example/{traceId}', { tokenId: 'Ab' })).toBeUndefined()
})

// biome-ignore format: table
it.each(['..', '.', '', '../admin', '//evil.example', '\\evil', 'a b', '{traceId}', '\ud800', 'a\nb', '"><script>', 'a&b=c', "a'or'1", 'ä'])(
  'makes no address of %j, which is no id',
  hostile => {
    expect(writeLink('https://logs.example/{tokenId}', { tokenId: hostile })).toBeUndefined()
    expect(writeLink('https://logs.example/{tokenId}/{traceId}', { tokenId: hostile, traceId: '0af7' })).toBe('https://logs.example//0af7')
  },
)

it.each([
  'javascript:alert(1)//{traceId}',
  'data:text/html,{traceId}',
  '//evil.example/{traceId}',
  '{traceId}',
])('makes no address of the template %s', other =>
  expect(writeLink(other, { traceId: 'javascript:alert' })).toBeUndefined(),
)
