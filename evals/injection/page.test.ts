import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { claim, fillPage, readPage } from './page.ts'

it('docs/injection.md has the tables of the results', () => {
  const page = readPage()
  expect(page).toBe(fillPage(page))
})

it('the README has the figures of the results', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [paragraph] = /^\*\*Does identity stop prompt injection\?(?:.+\n)+/m.exec(readme) ?? []
  const figuresOf = (text = '') => text.match(/\d+ %|\b\d{3}\b/g)
  expect(figuresOf(paragraph)).toEqual(figuresOf(claim()))
})
