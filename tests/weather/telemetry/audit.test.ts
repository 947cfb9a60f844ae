import { expect, it } from 'vitest'
import { ask, bearer, tokenCards } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const { ada, agentId } = identities
const stack = await forFile(Stack.start({ weather: { LOG_LEVEL: 'info' } }))

interface AuditLine {
  readonly audit?: string
  readonly correlationId?: string
  readonly tokenId?: string
}
const auditLines = (lines: readonly string[]): AuditLine[] =>
  lines.map(line => JSON.parse(line) as AuditLine).filter(({ audit }) => audit !== undefined)

it('The audit log says who got a token, on whose behalf and for which API; the API’s own log has its decision, with the same token id', async () => {
  const token = await stack.signIn(ada.oid)
  const { body } = await ask(stack.agentUrl, { flow: 'obo', message: 'Weather in Quito?' }, bearer(token))
  const [card] = tokenCards(body.trace, 'TR')
  const tokenId = card?.claims?.['uti']
  expect(auditLines(stack.agentLog).filter(({ correlationId }) => correlationId === body.turnId)).toEqual([
    expect.objectContaining({
      audit: 'issued',
      caller: agentId,
      onBehalfOf: ada.oid,
      flow: 'obo',
      api: 'weather-api',
      tokenId,
    }),
  ])
  expect(auditLines(stack.weatherLog).filter(line => line.tokenId === tokenId)).toEqual([
    expect.objectContaining({
      audit: 'allowed',
      caller: agentId,
      objectId: ada.oid,
      flow: 'obo',
      action: 'GET /weather',
    }),
  ])
  const logged = [...stack.agentLog, ...stack.weatherLog].join('')
  for (const word of [ada.name, ada.upn, 'Quito', token]) expect(logged).not.toContain(word)
})
