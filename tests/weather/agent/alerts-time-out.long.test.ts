import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { AlertTurns } from '../support/alert-turns.ts'

const turns = await forFile(AlertTurns.start())

it('An alert that the weather API created without answering in time is found, not created again, when the same approval is sent again', async () => {
  const token = await turns.stack.signIn(identities.ada.oid)
  const keys: unknown[] = []
  turns.stack.appOf('weather').server.prependListener('request', ({ method, headers }, response) => {
    if (method !== 'POST') return
    keys.push(headers['idempotency-key'])
    // The API creates the alert, but sends no response.
    if (keys.length === 1) response.writeHead = response.end = () => response
  })
  const paused = (await turns.ask({ mode: 'direct', token })).body
  const silent = await turns.decide('approve', paused, token)
  expect(silent.body).toMatchObject({ code: 'API_UNAVAILABLE', status: 503 })
  const again = await turns.decide('approve', paused, token)
  expect(again.body).toMatchObject({ tools: [{ name: 'create_alert', status: 'ok' }] })
  expect(keys).toEqual([keys[0], keys[0]])
  expect(turns.stored).toHaveLength(1)
})
