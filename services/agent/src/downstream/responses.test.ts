import { describe, expect, it } from 'vitest'
import { readResponse } from './responses.ts'

describe('a response', () => {
  it('has no body where that is no JSON, and all its challenges in one', () => {
    const headers = { 'www-authenticate': ['Basic', 'Bearer'] }
    expect(readResponse({ status: 200, headers, text: '<html>' })).toEqual({
      status: 200,
      challenge: 'Basic, Bearer',
      body: undefined,
    })
  })
})
