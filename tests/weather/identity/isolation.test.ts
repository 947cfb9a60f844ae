import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const { ada, ben, blueprintAppId } = identities
const stack = await forFile(startSettledStack())
beforeEach(() => resetStack(stack))

it('Thirty turns at the same time ask Entra once for each token, although the sidecar itself shares no requests', async () => {
  const adas = await stack.signIn(ada.oid)
  const bens = await stack.signIn(ben.oid)
  // A turn joins no request that began two seconds ago, as on a busy machine the first one may have. So no time passes.
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      n % 3 === 0 ? askWeather(stack, 'autonomous') : askWeather(stack, 'obo', n % 3 === 1 ? adas : bens),
    ),
  )
  const legs = tokenRequests(stack).map(({ leg }) => leg)
  expect(legs.filter(leg => leg === 'tr')).toHaveLength(1)
  expect(legs.filter(leg => leg === 'obo')).toHaveLength(2)
})

it('A user’s token of version 1 is accepted too', async () => {
  const blueprint = tenantOf(stack).directory.application(blueprintAppId)
  if (blueprint) blueprint.api.requestedAccessTokenVersion = 1
  const { status, body } = await askWeather(stack, 'obo')
  expect(status).toBe(200)
  const card = body.trace.find(step => step.token?.role === 'Tc')?.token
  expect(card?.claims).toMatchObject({ ver: '1.0', aud: `api://${blueprintAppId}` })
})
