import { expect, it } from 'vitest'
import { approvalProblems } from './problems.ts'

it('Users read these problems', async () => {
  const problems = Object.entries(approvalProblems).map(
    ([code, { status, title, hint }]) => `${code} ${status}\n  ${title}\n  ${hint}\n`,
  )
  await expect(problems.join('')).toMatchFileSnapshot('problems.txt')
})
