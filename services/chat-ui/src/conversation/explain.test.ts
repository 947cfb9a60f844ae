import { expect, it } from 'vitest'
import { startExchange } from './exchange.ts'
import { explainHistory } from './explain.ts'

it('says that a model will not know what was said, where all of it was in another flow', () => {
  const question = { message: 'x', agent: 'a', mode: 'bedrock', flow: 'autonomous' } as const
  const asked = startExchange(question)
  const answered = { ...asked, state: 'done' } as const
  expect(explainHistory('obo', 'bedrock', [answered])).toContain('do not go along')
  expect(explainHistory('obo', 'direct', [answered])).toBe('')
  expect(explainHistory('obo', 'bedrock', [asked])).toBe('')
  expect(explainHistory('autonomous', 'bedrock', [answered])).toBe('')
})
