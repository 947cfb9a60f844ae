import { expect, it } from 'vitest'
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
  const { code, output } = await threeAgents.run(
    'disable --agent weather-agent --prove --wait 9999',
    ...threeAgents.urlOptions,
  )
  expect(output).toMatch(/call with a token from before .* 401 lifetime\n/)
  expect(output).toContain('Proven: no new token, and no call with one from before.')
  expect(code).toBe(0)
})
