import { expect, it, vi } from 'vitest'
import type { Fate } from './support/faulty-graph.ts'
import { useThreeAgents } from './support/three-agents.ts'

const threeAgents = useThreeAgents()

it('`disable --prove` without a deny list waits until the last token has expired, and proves that this token is then refused', {
  timeout: 300_000,
}, async () => {
  const response = await fetch(`${threeAgents.stack.entraUrl}/emulator/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tokenLifetimeSeconds: 5 }),
  })
  expect(response.status).toBe(200)
  // The call that tells Entra comes only after a token with that lifetime was issued.
  const issued = async () => {
    const response = await fetch(`${threeAgents.stack.entraUrl}/emulator/requests`)
    const { requests } = (await response.json()) as { requests: readonly { leg?: string }[] }
    return requests.filter(({ leg }) => leg === 'tr').length
  }
  const before = await issued()
  threeAgents.graph.decide = async ({ method }): Promise<Fate> => {
    if (method === 'PATCH')
      await vi.waitFor(async () => expect(await issued()).toBeGreaterThan(before), { timeout: 60_000 })
    return 'pass'
  }
  const { code, output } = await threeAgents.run(
    'disable --agent weather-agent --prove --wait 9999',
    ...threeAgents.urlOptions,
  )
  expect(output).toMatch(/call with an earlier token .* 401 lifetime\n/)
  expect(output).toMatch(/^proven .*\n +No new token, and no call with an earlier one\.$/m)
  expect(code).toBe(0)
})
