import type { Mode, PublicConfig } from '@entra-agents/trace'
import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { expect, it } from 'vitest'
import { tellTry, triesFor } from '../conversation/tries.ts'
import { sampleOf } from './sample.ts'

const [first] = publicConfig.agents
const agent = { ...first, name: 'orders', title: 'Orders agent' } as PublicConfig['agents'][number]
const trainee = { ...agent, name: 'trainee', title: 'Trainee agent', withoutRights: true }
const read = { api: 'orders-api', permissions: { role: 'Orders.Read.All', scope: 'Orders.Read' } }
const change = { api: 'orders-api', permissions: { role: 'Orders.Write.All', scope: 'Orders.Write' } }
const calls = (wantsProof: boolean) => [
  { ...read, question: 'Where is order 7?', waits: false, wantsProof: false },
  { ...change, question: 'Order skis', waits: true, wantsProof },
]
const flows = ['autonomous', 'obo', 'agent-user'] as const

const cases: Readonly<Record<string, { config?: Partial<PublicConfig>; asked?: string; mode?: Mode }>> = {
  'one agent, whose examples are not known further': {},
  'one agent without sign-in': {
    config: { spaClientId: null, agents: [{ ...agent, flows: ['autonomous'] }] },
  },
  'one agent with three flows, and a call that waits': {
    config: { agents: [{ ...agent, flows: [...flows] }], exampleCalls: calls(false) },
  },
  'two agents, one without rights, and an API that may want a second factor': {
    config: { agents: [agent, trainee], exampleCalls: calls(true) },
  },
  'the agent without rights': {
    config: { agents: [agent, trainee], exampleCalls: calls(true) },
    asked: 'trainee',
  },
  'an agent that answers only users who are signed in': {
    config: { agents: [{ ...agent, requireSignIn: true }] },
  },
  'a model, and no example': {
    config: { examples: [], userExamples: [], modelExamples: [] },
    mode: 'bedrock',
  },
  'no model, and no example': { config: { examples: [], userExamples: [] } },
  'a conversation with an agent that is gone': { asked: 'gone' },
  'titles and questions that are hostile': {
    config: { agents: [{ ...agent, title: '<img src=x>\u202e' }], examples: ['__proto__'] },
  },
}

it('the questions to try and their samples follow from the configuration', async () => {
  const lines = Object.entries(cases).flatMap(([what, { config: changed, asked, mode = 'direct' }]) => {
    const config = { ...publicConfig, agents: [agent], ...changed }
    const tries = triesFor(config, asked ?? 'orders', mode)
    return [
      `# ${what}`,
      ...tries.flatMap(one => {
        const { headline, answers, formula } = sampleOf(one, config, false)
        const plates = [...formula.terms, formula.result].map(({ token, line }) => `${token} ${line}`)
        return [
          `${one.question} (${one.agent.title}): ${tellTry(one, false).join('')} / ${tellTry(one, true).join('')}`,
          `  ${headline}`,
          ...answers.map(({ question, value, detail }) => `  ${question}: ${value} (${detail.join('')})`),
          `  ${plates.join(' + ')} → ${formula.gate.title} ${formula.gate.state}: ${formula.gate.line}`,
        ]
      }),
      ...(tries.length === 0 ? ['nothing'] : []),
      '',
    ]
  })
  await expect(lines.join('\n')).toMatchFileSnapshot('sample.txt')
})

it('no more than four questions are offered, and none twice', () => {
  const config = {
    ...publicConfig,
    agents: [{ ...agent, flows: [...flows] }, trainee],
    examples: ['a', 'b', 'c', 'a', 'd'],
    exampleCalls: calls(true),
  }
  const tries = triesFor(config, 'orders', 'bedrock')
  expect(tries).toHaveLength(4)
  expect(new Set(tries.map(one => `${one.agent.name} ${one.flow} ${one.question}`)).size).toBe(4)
})
