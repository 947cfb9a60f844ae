import { expect, it } from 'vitest'
import { useTwoAgents } from './support/two-agents.ts'

const two = useTwoAgents()

it('the kill switch without a deny list is proven to the end of the last token, where there is time to wait for it', {
  timeout: 300_000,
}, async () => {
  const response = await fetch(`${two.stack.entraUrl}/emulator/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tokenLifetimeSeconds: 5 }),
  })
  expect(response.status).toBe(200)
  const { code, output } = await two.workplace.run(
    'disable',
    '--agent',
    'weather-agent',
    '--prove',
    '--wait',
    '9999',
    ...two.way,
  )
  expect(output).toMatch(/call with a token from before .* 401 lifetime\n/)
  expect(output).toContain('Proven: no new token, and no call with one from before.')
  expect(code).toBe(0)
})
