import { describe, expect, it } from 'vitest'
import { ask, bearer, tokenCards } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { tenantOf } from '../identity/trial.ts'
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

describe('The audit log', () => {
  it('says who got a token, on whose behalf and for which API; the API’s own log has its decision, with the same token id', async () => {
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

  it('says by the code of the problem why the agent got no token; the problem has the request id of Entra’s refusal', async () => {
    await stack.restart('sidecar')
    tenantOf(stack).faults.inject({ target: { leg: 'tr' }, fault: { kind: 'refuse', code: 50105 } })
    const { body } = await ask(stack.agentUrl)
    expect(body.status).toBeGreaterThanOrEqual(500)
    const refused = tenantOf(stack).requests.all.findLast(({ aadsts }) => aadsts !== undefined)
    expect(body.upstream).toMatchObject({
      service: 'entra',
      code: `AADSTS${refused?.aadsts}`,
      requestId: refused?.requestId,
    })
    expect(auditLines(stack.agentLog).at(-1)).toMatchObject({
      audit: 'refused',
      reason: body.code,
      caller: agentId,
    })
  })
})
