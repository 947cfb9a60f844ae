import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const toolsFolder = join(import.meta.dirname, '../../agent/src/tools')

it('the page knows none of the APIs that the agent has tools for by name', () => {
  const tools = readdirSync(toolsFolder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  expect(tools.length).toBeGreaterThan(0)
  const names = new RegExp(tools.map(({ name }) => name).join('|'), 'i')
  const files = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  expect(files.filter(file => names.test(readFileSync(file, 'utf8')))).toEqual([])
})
