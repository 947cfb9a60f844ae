import { expect, it, vi } from 'vitest'
import { tokenProblems } from './problem-texts.ts'
import { explainRefusals } from './problems.ts'
import { SigningKeysUnavailable } from './token-refused.ts'

const explain = explainRefusals({ realm: 'tasks-api', codePrefix: 'TASKS' })

it.each(Object.entries(tokenProblems))(
  'The problem %s says in sentences what is wrong, and what to do',
  (_code, texts) => {
    expect(texts.title).toMatch(/^[A-Z].+\.$/)
    expect(texts.hint).toMatch(/^[A-Z].+\.$/)
  },
)

it('Signing keys that the proxy cannot reach are reported as a problem of the proxy', () => {
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.example:3128')
  const refused = new Error('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })
  const { code, options } = explain(new SigningKeysUnavailable('https://login.example/keys', refused))
  expect([code, options.upstream]).toEqual(['PROXY_UNAVAILABLE', { service: 'proxy' }])
})

it('An error that is no refusal becomes INTERNAL_ERROR, without details for the caller', () => {
  const problem = explain(new Error('the password is hunter2'))
  expect(problem.toDocument('r')).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' })
  expect(JSON.stringify(problem.toDocument('r'))).not.toContain('hunter2')
})
