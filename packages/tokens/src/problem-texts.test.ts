import { expect, it } from 'vitest'
import { tokenProblems } from './problem-texts.ts'

it.each(Object.entries(tokenProblems))(
  'The problem %s says in sentences what is wrong, and what to do',
  (_code, texts) => {
    expect(texts.title).toMatch(/^[A-Z].+\.$/)
    expect(texts.hint).toMatch(/^[A-Z].+\.$/)
  },
)
