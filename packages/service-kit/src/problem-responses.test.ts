import { expect, it, onTestFinished } from 'vitest'
import { defineProblems, toProblem } from './problems.ts'
import { createServer } from './server.ts'

const problem = defineProblems({
  TEA_ONLY: { status: 418, title: 'This is a teapot.', hint: 'Ask for tea.' },
})

function buildTeapot() {
  const app = createServer({ logLevel: 'silent', bodyLimit: 100 })
  onTestFinished(() => app.close())
  app.get('/coffee', () => {
    throw problem('TEA_ONLY', 'No coffee here.', {
      upstream: { service: 'kitchen', status: 500 },
      headers: { 'retry-after': '60' },
    })
  })
  app.post('/cups', { schema: { body: { type: 'object', required: ['size'] } } }, () => ({ ok: true }))
  return app
}

it('A known failure is answered with its code, cause, fix and headers', async () => {
  const response = await buildTeapot().inject('/coffee')
  expect(response.headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json/),
    'retry-after': '60',
  })
  expect(response.json()).toEqual({
    type: 'urn:entra-bedrock-agent:problem:tea-only',
    title: 'This is a teapot.',
    status: response.statusCode,
    detail: 'No coffee here.',
    code: 'TEA_ONLY',
    hint: 'Ask for tea.',
    requestId: expect.any(String),
    upstream: { service: 'kitchen', status: 500 },
  })
})

// biome-ignore format: table
it.each([
  ['an unknown address', { method: 'GET', url: '/nowhere?secret=1' }, 404, 'NOT_FOUND: There is no GET /nowhere.'],
  ['a body that the schema refuses', { method: 'POST', url: '/cups', payload: {} }, 400, 'INVALID_REQUEST: body must have required property \'size\'.'],
  ['a body over the limit', { method: 'POST', url: '/cups', payload: { size: 'x'.repeat(200) } }, 413, 'BODY_TOO_LARGE: The body is over the limit.'],
] as const)('%s is answered with a problem document too', async (_what, request, status, words) => {
  const { code, detail, ...document } = (await buildTeapot().inject(request)).json()
  expect([document.status, `${code}: ${detail}`]).toEqual([status, words])
})

it.each([undefined, null, 0, 'text', {}, new Error('hunter2')])(
  'The unexpected error %s is INTERNAL_ERROR, without a word of its cause',
  thrown => {
    const unexpected = toProblem(thrown)
    expect(unexpected).toMatchObject({ code: 'INTERNAL_ERROR', cause: thrown })
    expect(JSON.stringify(unexpected.toDocument('1'))).not.toContain('hunter2')
  },
)
