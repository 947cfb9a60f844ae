import { beforeEach, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const stack = await forFile(startSettledStack())
const setEntraClock = (clockOffsetSeconds: number) => tenantOf(stack).settings.change({ clockOffsetSeconds })
const tokensAsked = () => tokenRequests(stack).filter(({ leg }) => leg === 'tr').length

beforeEach(async () => {
  await resetStack(stack)
})

describe('When Entra’s clock is wrong, a user is told to look at the clocks, after one request past the sidecar’s cache,', () => {
  it.each([
    ['if it is ten minutes ahead, so that APIs refuse its tokens', 600, 'API_TOKEN_REJECTED'],
    [
      'if it is two hours behind, so that its tokens have expired on arrival',
      -7_200,
      'SIDECAR_MISCONFIGURED',
    ],
  ])('%s', async (_what, offset, code) => {
    setEntraClock(offset)
    const { body } = await askWeather(stack, 'autonomous')
    expect(body).toMatchObject({ code, failedCheck: 'lifetime', hint: expect.stringContaining('clocks') })
    expect(tokensAsked()).toBe(2)
  })
})

it('A token of a time when Entra’s clock was ahead is in nobody’s way once the clock is right, though the sidecar caches it', async () => {
  setEntraClock(600)
  await askWeather(stack, 'autonomous')
  setEntraClock(0)
  for (const asked of [3, 3]) {
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
    expect(tokensAsked()).toBe(asked)
  }
})
