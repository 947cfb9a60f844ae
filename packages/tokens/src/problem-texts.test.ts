import { expect, it } from 'vitest'
import { tokenProblems } from './problem-texts.ts'
import { checkNames } from './token-refused.ts'

it('Callers read these names of checks and these problems', async () => {
  const problems = Object.entries(tokenProblems).map(
    ([code, { status, title, hint }]) => `${code} ${status}\n  ${title}\n  ${hint}`,
  )
  const text = [`checks: ${checkNames.join(', ')}`, ...problems].join('\n')
  await expect(`${text}\n`).toMatchFileSnapshot('problem-texts.txt')
})
