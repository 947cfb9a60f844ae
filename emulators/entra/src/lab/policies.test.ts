import { expect, it } from 'vitest'
import { ada, signIn } from '../testing/browser.ts'
import { visitLab } from '../testing/lab-client.ts'
import { requestObo, requestTr } from '../testing/requests.ts'
import { agentId, startEntraForFile } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

async function send(path = '', fields?: Readonly<Record<string, string>>) {
  const { status, html } = await visitLab(entra, `/lab/policies${path}`, fields)
  return { status, text: html.replaceAll(/<[^>]*>/g, '') }
}

const riskyAgents = { whose: 'agents', risk: 'high', control: 'block', state: 'enabled' }
const code = async () => (await requestTr(entra)).body.error_codes?.[0]
const ask = async (more: object = {}) =>
  (await send('', { agent: 'weather-agent', flow: 'autonomous', api: 'weather-api', ...more })).text

it('makes a policy and a risk by a click, which stop the agent, and takes both back', async () => {
  expect((await send('/new', riskyAgents)).status).toBe(303)
  expect(await code()).toBeUndefined()
  await send('/risk', { agent: 'weather-agent', level: 'high' })
  expect(await code()).toBe(53003)
  expect((await send()).text).toMatch(/block high-risk agents.*Weather agent[^:]*: high, atRisk/s)
  await send(`/risk/${agentId}/dismiss`, {})
  expect(await code()).toBeUndefined()
  const made = entra.entra.directory.content.conditionalAccessPolicies.at(-1)
  await send(`/${made?.id}/delete`, {})
  expect((await send()).text).not.toContain('high-risk')
})

it('puts the risk of an agent that acted for a user on the user', async () => {
  const tc = (await signIn(entra, ada)).body.access_token
  await send('/new', { ...riskyAgents, whose: 'users' })
  await send('/risk', { agent: 'weather-agent', 'on behalf of': 'ada', level: 'high' })
  expect(await code()).toBeUndefined()
  expect((await requestObo(entra, tc)).body.error_codes).toEqual([53003])
})

it('tells what would happen to a token in each flow, and which row it would leave', async () => {
  await send('/new', riskyAgents)
  await send('/new', {
    whose: 'agents’ user accounts',
    control: 'block',
    state: 'enabledForReportingButNotEnforced',
  })
  const blocked = await ask({ risk: 'high' })
  expect(blocked).toMatch(/AADSTS53003: .*AADServicePrincipalSignInLogs.*failure.*agents: failure/s)
  expect(await ask()).toMatch(
    /A token.*notApplied.*agents: notApplied, since it is for agents at another risk \(agentIdRisk\)/s,
  )
  expect(await ask({ flow: 'obo', user: 'ada' })).toMatch(/Ada Osei.*AADNonInteractiveUserSignInLogs/s)
  expect(await ask({ flow: 'agent-user' })).toMatch(/A token.*accounts: reportOnlyFailure/s)
  expect(await ask({ flow: 'obo' })).toContain('Name the user.')
  expect(await ask({ agent: 'alerts-agent', flow: 'agent-user' })).toContain('has no user account')
  expect(await ask({ agent: 'nobody' })).toContain('The directory has no client')
})
