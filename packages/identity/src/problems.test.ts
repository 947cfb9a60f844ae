import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusals } from '@entra-agents/entra-failures/codes'
import { commonProblems } from '@entra-agents/service-kit'
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

it('Users and administrators read these problems', async () => {
  const problems = codes.map(code => {
    const { status, title, hint } = identityProblems[code]
    return `${code} ${status}\n  ${title}\n  ${hint}\n`
  })
  await expect(problems.join('')).toMatchFileSnapshot('problems.txt')
})

it('A 401 always brings a challenge, beside the headers that its cause adds', () => {
  const without = codes.filter(code => identityProblems[code].status === 401 && !headersOf(code))
  expect(without).toEqual([])
  const headers = { 'retry-after': '5' }
  const { options } = identityProblem('SIGN_IN_REQUIRED', 'No token.', { headers })
  expect(options.headers).toEqual({ 'www-authenticate': 'Bearer', ...headers })
})

it('No failure that others’ agents can meet names a variable of this repository’s agent', () => {
  const root = join(import.meta.dirname, '../../..')
  const example = readFileSync(join(root, '.env.example'), 'utf8')
  const variables = [...example.matchAll(/^#? ?([A-Z][A-Z0-9]*_[A-Z0-9_]+)=/gm)].flatMap(([, name = '']) =>
    name.startsWith('AWS_') ? [] : [name],
  )
  expect(variables).toContain('SIDECAR_URL')
  // What the package throws, in the golden texts of its tests; a page of this repository alone has SIGN_IN_NOT_CONFIGURED.
  const { SIGN_IN_NOT_CONFIGURED: _ofPage, ...thrown } = identityProblems
  const proxies = Object.entries(commonProblems).filter(([code]) => code.startsWith('PROXY_'))
  const seen = globSync('**/*.txt', { cwd: import.meta.dirname, exclude: ['problems.txt'] }).map(file =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  )
  const texts = [thrown, proxies, refusals].map(catalogue => JSON.stringify(catalogue)).concat(seen)
  const named = new RegExp(`\\b(?:${variables.join('|')}|[A-Z]+_API_[A-Z_]+|docs/\\w+)\\b|the chart`, 'g')
  expect(texts.flatMap(text => text.match(named) ?? [])).toEqual([])
})
