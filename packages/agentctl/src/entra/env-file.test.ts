import { readFileSync, writeFileSync } from 'node:fs'
import { temporaryFile, temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { readVariables, setVariables } from './env-file.ts'

it.each([
  ['A=1', 'A=2'],
  ['A=1 # why', 'A=2 # why'],
  ['A= # why', 'A=2 # why'],
  ['export A="1 # no comment"\t# why', 'export A=2\t# why'],
  ["A='1\n2' # why", 'A=2 # why'],
  ['A=1 # why\r\nB=1', 'A=2 # why\r\nB=1'],
  ['# A=1 # why\nA=1 and more', '# A=1 # why\nA=2'],
  ['A="1" rest # why', 'A=2 # why'],
])('A variable in a .env file gets another value, and the comment after it stays: %j', (before, after) => {
  const path = temporaryFile('.env')
  writeFileSync(path, before)
  setVariables(path, { A: '2' })
  expect(readFileSync(path, 'utf8')).toBe(after)
  expect(readVariables(path)['A']).toBe('2')
})

it('A folder in the place of a .env file is named, and what to do', () => {
  const path = temporaryFolder()
  expect(() => readVariables(path)).toThrow(`${path} can’t be read: EISDIR`)
})
