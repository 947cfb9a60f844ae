import { describe, expect, it } from 'vitest'
import { describeFailure, readResponse } from './responses.ts'

it('A response has no body if its text is not JSON, and has all its challenges in one text', () => {
  const headers = { 'www-authenticate': ['Basic', 'Bearer'] }
  expect(readResponse({ status: 200, headers, text: '<html>' })).toEqual({
    status: 200,
    challenge: 'Basic, Bearer',
    body: undefined,
  })
})

describe('A failure', () => {
  it('is described only by texts that problem documents, OAuth and JSON-RPC define', () => {
    const texts = {
      code: 'C',
      title: 'T',
      detail: 'D',
      failedCheck: 'F',
      error: 'E',
      error_description: 'ED',
      message: 'M',
    }
    expect(describeFailure({ ...texts, secret: 'x', status: 400 })).toEqual(texts)
    const { error: _, ...ofError } = texts
    expect(describeFailure({ jsonrpc: '2.0', error: { ...ofError, data: 'x' } })).toEqual({ error: ofError })
    expect(describeFailure({ code: 7, error: null })).toEqual({})
    for (const none of [undefined, null, 'a text', 7]) expect(describeFailure(none)).toEqual({})
  })

  it('is described by at most 1,000 characters of each text, and without tokens', () => {
    const [title, detail] = ['x'.repeat(1_000), 'x'.repeat(1_001)]
    const token = `Bearer ${Buffer.from('{"alg":"RS256"}').toString('base64url')}.eyJzdWIiOiJhIn0.c2lnbmF0dXJl`
    expect(describeFailure({ title, detail, message: token })).toEqual({
      title,
      detail: `${'x'.repeat(999)}…`,
      message: 'Bearer ‹token removed›',
    })
  })
})
