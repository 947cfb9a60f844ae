import { expect, it } from 'vitest'
import { type IdentityProblemCode, identityProblem, identityProblems } from './problems.ts'

const codes = Object.keys(identityProblems) as (keyof typeof identityProblems)[]
const headersOf = (code: IdentityProblemCode) => identityProblem(code, 'It failed.').options.headers

it('Each refusal of a user’s token, and no other failure, brings a challenge', () => {
  const lines = codes.flatMap(code => {
    const challenge = headersOf(code)?.['www-authenticate']
    return challenge === undefined ? [] : [`${identityProblems[code].status} ${code}: ${challenge}`]
  })
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "401 SIGN_IN_REQUIRED: Bearer
    401 USER_TOKEN_INVALID: Bearer error="invalid_token"
    401 USER_TOKEN_EXPIRED: Bearer error="invalid_token"
    401 USER_TOKEN_WRONG_AUDIENCE: Bearer error="invalid_token"
    403 USER_TOKEN_SCOPE_MISSING: Bearer error="insufficient_scope", scope="access_as_user""
  `)
})

it('A 401 always brings a challenge, beside the headers that its cause adds', () => {
  const without = codes.filter(code => identityProblems[code].status === 401 && !headersOf(code))
  expect(without).toEqual([])
  const headers = { 'retry-after': '5' }
  const { options } = identityProblem('SIGN_IN_REQUIRED', 'No token.', { headers })
  expect(options.headers).toEqual({ 'www-authenticate': 'Bearer', ...headers })
})
