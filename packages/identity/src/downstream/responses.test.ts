import { describe, expect, it } from 'vitest'
import { describeFailure, readApiProblem, readDemandedScope, readResponse } from './responses.ts'

describe('a response', () => {
  it('has no body if its text is not JSON, and has all its challenges in one text', () => {
    const headers = { 'www-authenticate': ['Basic', 'Bearer'] }
    expect(readResponse({ status: 200, headers, text: '<html>' })).toEqual({
      status: 200,
      challenge: 'Basic, Bearer',
      body: undefined,
    })
  })
})

describe('a challenge', () => {
  const challenge = (scope: string, error = 'insufficient_scope') =>
    `Bearer realm="api", error="${error}", scope="${scope}"`

  it.each([
    ['Tasks.Read', 'Tasks.Read'],
    [' Tasks.Read   Tasks.Write ', 'Tasks.Read, Tasks.Write'],
    ['api://a-1/Tasks_Read', 'api://a-1/Tasks_Read'],
    ['x'.repeat(300), 'x'.repeat(300)],
  ])('asks for the scopes %j', (scope, names) => {
    expect(readDemandedScope(challenge(scope))).toBe(names)
  })

  it.each([
    ['the challenge is missing', undefined],
    ['the challenge is of another error', challenge('Tasks.Read', 'invalid_token')],
    ['the challenge names no scope', 'Bearer error="insufficient_scope"'],
    ['another parameter names a scope', 'Bearer error="insufficient_scope", myscope="Tasks.Read"'],
    ['the scopes are blank', challenge('  ')],
    ['the scopes are a sentence', challenge('Ask the administrator, please!')],
    ['the scopes have more than 300 characters', challenge('x'.repeat(301))],
  ])('asks for no scopes if %s', (_where, text) => {
    expect(readDemandedScope(text)).toBeUndefined()
  })
})

describe('a failure', () => {
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

  it('names no check if its body has none', () => {
    expect(readApiProblem({ code: 'C' })).toStrictEqual({ code: 'C' })
  })

  it.each([
    ['of 40 characters', `a${'0'.repeat(39)}`, true],
    ['with a hyphen, a dot and an underscore', 'Deny-list_1.0', true],
    ['of 41 characters', `a${'0'.repeat(40)}`, false],
    ['that begins with a digit', '1a', false],
    ['that is a sentence', 'All is well', false],
    ['that is empty', '', false],
  ])('names a check only if `failedCheck` can be a name; given: a text %s', (_what, failedCheck, isName) => {
    expect(readApiProblem({ code: 'C', failedCheck })).toEqual(
      isName ? { code: 'C', failedCheck } : { code: 'C' },
    )
  })
})
