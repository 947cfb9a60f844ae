import { expect, it } from 'vitest'
import { ask, askForStream, bearer } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const { agentId, ada, ben } = identities
const cities = ['Dallas', 'Oslo', 'Tokyo', 'Nairobi', 'Lima']
/** Anything that looks like a signed token. */
const jwsPattern = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/
const stack = await forFile(Stack.start())
const tokens = { [ada.oid]: await stack.signIn(ada.oid), [ben.oid]: await stack.signIn(ben.oid) }

it('200 streams at the same time, of two users in both flows, never carry each other’s token, trace or answer', async () => {
  const logged = stack.agentLog.length
  const texts = await Promise.all(Array.from({ length: 200 }, (_, number) => runTurn(number)))
  const written = [...texts, ...stack.agentLog.slice(logged)]
  expect(stack.agentLog.length).toBeGreaterThan(logged + 200)
  for (const text of written) expect(text).not.toMatch(jwsPattern)
  for (const token of Object.values(tokens)) {
    const signature = token.split('.')[2] ?? ''
    expect(written.filter(text => text.includes(signature))).toEqual([])
  }
})

/** One turn whose user, flow and city follow from its number; returns all that was sent to the client. */
async function runTurn(number: number): Promise<string> {
  const [user, other] = number % 2 === 0 ? [ada.oid, ben.oid] : [ben.oid, ada.oid]
  const flow = number % 4 < 2 ? 'obo' : 'autonomous'
  const city = cities[number % cities.length]
  // In the autonomous flow the token is sent as well: it must not appear anywhere.
  const headers = bearer(tokens[user] ?? '')
  const { text, events } = await askForStream(
    stack.agentUrl,
    { message: `Weather in ${city}?`, flow },
    headers,
  )
  expect(events.at(-1)?.event).toBe('result')
  expect(text).toContain(`In ${city}`)
  for (const elsewhere of cities) if (elsewhere !== city) expect(text).not.toContain(elsewhere)
  expect(text).toContain(agentId)
  expect(text).not.toContain(other)
  expect(text.includes(user)).toBe(flow === 'obo')
  expect(text).toContain(`"on_behalf_of":${flow === 'obo' ? `"${user}"` : 'null'}`)
  return text
}

it('The log of a turn is one line with ids, mode, flow, outcome and times, and has no word of the conversation', async () => {
  const logged = stack.agentLog.length
  const { body, headers } = await ask(stack.agentUrl, { message: 'Weather in Reykjavik?' })
  const lines = stack.agentLog.slice(logged)
  expect(lines.join('')).not.toContain('Reykjavik')
  const turns = lines.map(line => JSON.parse(line)).filter(({ outcome }) => outcome !== undefined)
  expect(turns).toEqual([
    expect.objectContaining({
      turnId: body.turnId,
      requestId: headers.get('x-request-id'),
      mode: 'direct',
      flow: 'autonomous',
      outcome: 'OK',
      durationMs: expect.any(Number),
      firstTokenMs: expect.any(Number),
      tokenIds: [expect.any(String)],
    }),
  ])
})
