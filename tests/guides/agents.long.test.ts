import type { Problem } from '@entra-agents/trace'
import { afterEach, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { readGuide } from './commands.ts'
import { root } from './project.ts'
import { GuideWalk } from './walk.ts'

let walk: GuideWalk
afterEach(() => walk.end())

it('the guide for agents suffices to add an agent to the demo by a block of configuration', async () => {
  walk = await GuideWalk.begin(readGuide('agents.md'), [])
  walk.write('agents.json', walk.files[0])
  await walk.startDemo(walk.linesWith('run demo').replace('../entra-bedrock-agent', root))
  const user = identities.ada.oid
  const token = await walk.signIn(user)

  const { trace } = await walk.ask({ agent: 'clerk', token })
  const card = trace.findLast(step => step.token?.role === 'TR')?.token
  expect(card?.claims).toMatchObject({ azp: identities.alertsAgentId, oid: user })
  expect(String(card?.claims?.['scp']).split(' ')).toContain('Weather.Read')
  const refused: Partial<Problem> = await walk.ask({ agent: 'clerk' })
  expect(refused).toMatchObject({ code: 'INVALID_REQUEST', detail: 'This agent has these flows: obo.' })
})
