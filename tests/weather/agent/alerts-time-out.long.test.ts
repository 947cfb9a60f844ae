import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it, onTestFinished } from 'vitest'
import { ask, bearer, continueTurn, type TurnOutcome } from '../../contract/agent/ask.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)

it('An alert that the weather API created without answering in time is found, not created again, when the same approval is sent again', async () => {
  await using stack = await Stack.start({
    weather: { ALERTS_FILE: temporaryFile('alerts.sqlite', onTestFinished) },
    agent: { WEATHER_API_ALERTS: 'true' },
  })
  const user = bearer(await stack.signIn(identities.ada.oid))
  const keys: unknown[] = []
  stack.appOf('weather').server.prependListener('request', ({ method, url, headers }, response) => {
    if (method !== 'POST' || url !== '/alerts') return
    keys.push(headers['idempotency-key'])
    // The API creates the alert, but sends no response.
    if (keys.length === 1) response.writeHead = response.end = () => response
  })
  const message = `Warn me when Oslo falls below -5 °C until ${untilDate}`
  const asked = await ask(stack.agentUrl, { message, flow: 'obo' }, user)
  const paused = asked.body as unknown as TurnOutcome

  const silent = await continueTurn(stack.agentUrl, paused, 'approve', user)
  expect(silent.body).toMatchObject({ code: 'API_UNAVAILABLE', status: 503 })
  const again = await continueTurn(stack.agentUrl, paused, 'approve', user)
  expect(again.body).toMatchObject({ tools: [{ name: 'create_alert', status: 'ok' }] })
  expect(keys).toEqual([keys[0], keys[0]])

  const { body } = await ask(stack.agentUrl, { message: 'my alerts', flow: 'obo' }, user)
  expect(body.answer.match(/Oslo below −5 °C/g)).toHaveLength(1)
})
