import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { expect, it } from 'vitest'
import { startExchange } from './exchange.ts'
import { explainHistory, explainMode } from './explain.ts'

it('if all earlier answers were in another flow, an explanation says that the model will not know them', () => {
  const question = { message: 'x', agent: 'a', mode: 'bedrock', flow: 'autonomous' } as const
  const asked = startExchange(question)
  const answered = { ...asked, state: 'done' } as const
  expect(explainHistory('obo', 'bedrock', [answered])).toContain('do not go along')
  expect(explainHistory('obo', 'direct', [answered])).toBe('')
  expect(explainHistory('obo', 'bedrock', [asked])).toBe('')
  expect(explainHistory('autonomous', 'bedrock', [answered])).toBe('')
})

it('an explanation says whether Claude, an emulator or no model chooses the tools', () => {
  expect(explainMode('bedrock', publicConfig, undefined)).toBe('Claude on Amazon Bedrock chooses the tools.')
  const emulated = { ...publicConfig, emulated: ['bedrock'] }
  expect(explainMode('bedrock', emulated, undefined)).toMatch(/^An emulator of Claude/)
  expect(explainMode('direct', emulated, undefined)).toBe('No model: your words choose the tool.')
})
