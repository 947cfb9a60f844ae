import fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answerWithProblems } from './problem-responses.ts'
import { defineProblems, toProblem } from './problems.ts'

const problem = defineProblems({
  TEA_ONLY: { status: 418, title: 'This is a teapot.', hint: 'Ask for tea.' },
})

function buildTeapot() {
  const app = fastify({ bodyLimit: 100 })
  onTestFinished(() => app.close())
  answerWithProblems(app)
  app.get('/coffee', () => {
    throw problem('TEA_ONLY', 'No coffee here.', {
      upstream: { service: 'kitchen', status: 500 },
      headers: { 'retry-after': '60' },
    })
  })
  app.get('/broken', () => {
    throw new Error('the password is hunter2')
  })
  app.post('/cups', { schema: { body: { type: 'object', required: ['size'] } } }, () => ({ ok: true }))
  return app
}

describe('answerWithProblems', () => {
  it('answers a known failure with its code, cause, fix and headers', async () => {
    const response = await buildTeapot().inject('/coffee')
    expect(response.statusCode).toBe(418)
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(response.headers['retry-after']).toBe('60')
    expect(response.json()).toEqual({
      type: 'urn:entra-bedrock-agent:problem:tea-only',
      title: 'This is a teapot.',
      status: 418,
      detail: 'No coffee here.',
      code: 'TEA_ONLY',
      hint: 'Ask for tea.',
      requestId: expect.any(String),
      upstream: { service: 'kitchen', status: 500 },
    })
  })

  it('does not reveal the cause of an unexpected error', async () => {
    const response = await buildTeapot().inject('/broken')
    expect(response.json()).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' })
    expect(response.body).not.toContain('hunter2')
  })

  it.each(
    // biome-ignore format: table
    [
      ['an unknown address', { method: 'GET', url: '/nowhere?secret=1' }, 404, 'NOT_FOUND'],
      ['a body that the schema refuses', { method: 'POST', url: '/cups', payload: {} }, 400, 'INVALID_REQUEST'],
      ['a body over the limit', { method: 'POST', url: '/cups', payload: { size: 'x'.repeat(200) } }, 413, 'BODY_TOO_LARGE'],
      ['another content type', { method: 'POST', url: '/cups', payload: 'size=1', headers: { 'content-type': 'text/css' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a body that is no JSON', { method: 'POST', url: '/cups', payload: '{', headers: { 'content-type': 'application/json' } }, 400, 'INVALID_REQUEST'],
    ] as const,
  )('answers %s with a problem document too', async (_what, request, status, code) => {
    const response = await buildTeapot().inject(request)
    expect(response.json()).toMatchObject({ status, code })
    expect(response.body).not.toContain('secret')
  })
})

describe('toProblem', () => {
  it.each([undefined, null, 0, 'text', {}, new Error('x')])('makes INTERNAL_ERROR of %s', thrown => {
    expect(toProblem(thrown)).toMatchObject({ code: 'INTERNAL_ERROR', cause: thrown })
  })
})
