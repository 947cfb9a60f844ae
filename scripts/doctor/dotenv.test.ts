import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { readDotenv } from './dotenv.ts'
import { examine } from './finding.ts'

const folder = temporaryFolder()

async function readAndCheck(content: string | Buffer, shell: Readonly<Record<string, string>> = {}) {
  const path = join(folder, 'dotenv')
  writeFileSync(path, content)
  const { env, check } = readDotenv(path, shell)
  const [finding] = await examine(check ? [check] : [])
  return { env, finding }
}

it('the doctor takes the variables of a .env file, except those that the shell sets', async () => {
  const { env, finding } = await readAndCheck('A=1\nB=2\n', { B: '2', C: '3' })
  expect(env).toEqual({ A: '1', B: '2', C: '3' })
  expect(finding).toMatchObject({ status: 'PASS' })
})

it('the doctor warns of variables that have another value in the shell than in the file, and does not show the values', async () => {
  const { env, finding } = await readAndCheck('TENANT_ID=new\nSECRET=text', {
    TENANT_ID: 'old',
    SECRET: 'other text',
  })
  expect(env).toMatchObject({ TENANT_ID: 'old' })
  expect(finding).toMatchObject({ status: 'WARN', code: 'VARIABLE_OF_SHELL' })
  expect(finding?.detail).toContain('its own SECRET, TENANT_ID, which win over')
  expect(finding?.detail).not.toContain('text')
})

it.each([
  ['UTF-8 with a byte order mark', Buffer.from('\ufeffA=1')],
  ['UTF-16', Buffer.from('\ufeffA=1', 'utf16le')],
  ['UTF-16', Buffer.from('A=1', 'utf16le')],
])('the doctor reports a file in an encoding that Node does not read: %s', async (encoding, content) => {
  const { finding } = await readAndCheck(content)
  expect(finding).toMatchObject({ status: 'FAIL', code: 'CONFIGURATION_INVALID' })
  expect(finding?.detail).toContain(`is in ${encoding}, of which`)
})

it('the doctor reports a folder in place of the file, and accepts a missing file', async () => {
  mkdirSync(join(folder, 'sub'))
  const [finding] = await examine([readDotenv(join(folder, 'sub'), {}).check ?? throwNoCheck()])
  expect(finding?.detail).toContain('is a directory')
  expect(readDotenv(join(folder, 'nowhere'), { A: '1' })).toEqual({ env: { A: '1' } })
})

function throwNoCheck(): never {
  throw new Error('There is no check.')
}
