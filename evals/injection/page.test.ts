import { expect, it } from 'vitest'
import { fillPage, readPage } from './page.ts'

it('docs/injection.md has the tables of the results', () => {
  const page = readPage()
  expect(page).toBe(fillPage(page))
})
