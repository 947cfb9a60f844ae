import { describe, expect, it } from 'vitest'
import { describeFailure, readFailedChecks, readResponse } from './responses.ts'

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

describe('The checks of a refusal', () => {
  const passed = (length: number) => Array.from({ length }, (_, index) => ({ name: `c${index}`, ok: true }))
  const failed = { name: 'permission', ok: false }
  const read = (checks: unknown) => readFailedChecks({ failedCheck: 'permission', checks })

  it('are those that the API lists, up to the one that failed', () => {
    for (const checks of [[failed], [...passed(2), failed], [...passed(19), failed]])
      expect(read(checks)).toEqual(checks)
  })

  // biome-ignore format: table
  it.each<[string, unknown]>([
    ['of more than 20 checks', [...passed(20), failed]],
    ['of 100,000 checks', [...passed(99_999), failed]],
    ['whose last check passed', [failed, ...passed(1)]],
    ['whose checks all passed', [{ ...failed, ok: true }]],
    ['with two failed checks', [{ name: 'caller', ok: false }, failed]],
    ['that ends with another check than failedCheck', [...passed(1), { name: 'caller', ok: false }]],
    ['with a name twice', [...passed(1), ...passed(1), failed]],
    ['with the failed check among those that passed', [{ ...failed, ok: true }, failed]],
    ['with a sentence for a name', [{ name: 'All is well', ok: true }, failed]],
    ['with a name of 41 characters', [{ name: `a${'0'.repeat(40)}`, ok: true }, failed]],
    ['with markup for a name', [{ name: '<img src=x>', ok: true }, failed]],
    ['with the prototype for a name', [{ name: '__proto__', ok: true }, failed]],
    ['with a direction mark in a name', [{ name: 'caller\u202e', ok: true }, failed]],
    ['with an empty name', [{ name: '', ok: true }, failed]],
    ['with a name that is no text', [{ name: ['caller'], ok: true }, failed]],
    ['with a check that only looks passed', [{ name: 'caller', ok: 'true' }, failed]],
    ['with a check that says more', [{ name: 'caller', ok: true, claims: { oid: 'x' } }, failed]],
    ['with null', [null, failed]],
    ['with a list', [[failed], failed]],
    ['that is empty', []],
    ['that is a text', 'permission'],
    ['that is an object', { 0: failed, length: 1 }],
    ['that is null', null],
    ['that is missing', undefined],
  ])('are only the failed check beside a list %s', (_what, checks) => {
    expect(read(checks)).toEqual([failed])
  })

  it('are none if the API names no failed check, or none that can be shown', () => {
    for (const failedCheck of [undefined, 7, 'All is well', 'x'.repeat(101)])
      expect(readFailedChecks({ failedCheck, checks: [failed] })).toEqual([])
    for (const none of [undefined, null, 'a text', 7, [failed]]) expect(readFailedChecks(none)).toEqual([])
  })
})
