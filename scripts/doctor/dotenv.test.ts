import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { readDotenv } from './dotenv.ts'
import { examine } from './finding.ts'

const folder = temporaryFolder()

type Shell = Readonly<Record<string, string>>

async function look(path: string, shell: Shell = {}) {
  const { env, checks } = readDotenv(path, shell)
  return { env, findings: await examine(checks) }
}

/** The findings on a file with this content. */
async function readAndCheck(content: string | Buffer, shell: Shell = {}) {
  const path = join(folder, 'dotenv')
  writeFileSync(path, content)
  return look(path, shell)
}

it('the doctor takes the variables of a .env file, except those that the shell sets', async () => {
  const { env, findings } = await readAndCheck('A=1\nB=2\n', { B: '2', C: '3' })
  expect(env).toEqual({ A: '1', B: '2', C: '3' })
  expect(findings).toMatchObject([{ status: 'PASS', detail: expect.stringContaining('2 variables') }])
})

it('the doctor warns of variables that have another value in the shell than in the file, and does not show the values', async () => {
  const { env, findings } = await readAndCheck('TENANT_ID=new\nSECRET=text', {
    TENANT_ID: 'old',
    SECRET: 'other text',
  })
  expect(env).toMatchObject({ TENANT_ID: 'old' })
  expect(findings).toMatchObject([{ status: 'WARN', code: 'VARIABLE_OF_SHELL' }])
  expect(findings[0]?.detail).toContain('its own SECRET, TENANT_ID, which win over')
  expect(findings[0]?.detail).not.toContain('text')
})

describe('the doctor reads a .env file', () => {
  // biome-ignore format: table
  it.each([
    ['of Windows', 'TENANT_ID=1\r\nPORT=2\r\n'],
    ['with quotes', 'TENANT_ID="1"\nPORT=\'2\'\n'],
    ['with export and spaces', 'export TENANT_ID = 1\n  export PORT=2'],
    ['with comments', '# A = 1: no\n\nTENANT_ID=1 # the tenant\nPORT="2" # it\'s free\n'],
    ['with an umlaut of Latin-1 in a comment', Buffer.from('# f\u00fcr uns\nTENANT_ID=1\nPORT=2', 'latin1')],
    ['with a value of several lines', 'TENANT_ID=1\nPORT="2"\nKEY="a:\nb c\n"\n'],
  ])('%s', async (_how, content) => {
    const { env, findings } = await readAndCheck(content)
    expect(env).toMatchObject({ TENANT_ID: '1', PORT: '2' })
    expect(findings).toMatchObject([{ status: 'PASS' }])
  })
})

describe('the doctor says of a .env file that it', () => {
  // biome-ignore format: table
  it.each([
    ['is in UTF-8 with a byte order mark, of which', Buffer.from('\ufeffA=1')],
    ['is in UTF-16, of which', Buffer.from('\ufeffA=1', 'utf16le')],
    ['is in UTF-16, of which', Buffer.from('A=1', 'utf16le')],
    ['is in lines that end with CR alone, of which', 'TENANT_ID=1\rPORT=2\r'],
    ['has no NAME=value in line 2', 'TENANT_ID=1\nPORT="2\n'],
    ['has no NAME=value in line 3', 'TENANT_ID=1\n# PORT\nPORT: secret\n'],
  ])('%s', async (what, content) => {
    const { findings } = await readAndCheck(content)
    expect(findings).toMatchObject([{ status: 'FAIL', code: 'CONFIGURATION_INVALID' }])
    expect(findings[0]?.detail).toContain(`dotenv ${what}`)
    expect(findings[0]?.hint).toMatch(/^Save|^Write/)
    expect(JSON.stringify(findings)).not.toContain('secret')
  })

  // biome-ignore format: table
  it.each([
    ['has PORT more than once: the last line counts.', 'PORT=1\nHOST=a\nPORT=2', 'Delete the other lines.'],
    ['has AZURE_TENANT_ID, which nothing reads, and no TENANT_ID.', 'AZURE_TENANT_ID=1', 'Write TENANT_ID, if that is meant.'],
    ['has tenant_id, which nothing reads, and no TENANT_ID.', 'tenant_id=1', 'Write TENANT_ID, if that is meant.'],
    ['has TENANTID, which nothing reads, and no TENANT_ID.', 'TENANTID=1', 'Write TENANT_ID, if that is meant.'],
  ])('%s', async (what, content, hint) => {
    const { findings } = await readAndCheck(content)
    const detail = `${join(folder, 'dotenv')} ${what}`
    expect(findings).toMatchObject([{ status: 'WARN', code: 'CONFIGURATION_INVALID', detail, hint }])
  })

  it('has names of other programs, without a word', async () => {
    const { findings } = await readAndCheck('AZURE_TENANT_ID=1\nTENANT_ID=1\nSMTP_PORT=2')
    expect(findings).toMatchObject([{ status: 'PASS' }])
  })
})

describe('the doctor says in place of a missing .env that', () => {
  const place = () => mkdtempSync(join(folder, 'place-'))

  // biome-ignore format: table
  it.each<[string, (path: string) => unknown, RegExp, string]>([
    ['there is none, in the clone', path => writeFileSync(`${path}.example`, ''), /^There is no \S+\.env in \S+\.$/, 'Copy'],
    ['there is none, in another folder', () => undefined, /^There is no \S+\.env in \S+\.$/, 'Run this in the folder of the clone'],
    ['its name ends with .txt', path => writeFileSync(`${path}.txt`, ''), /^There is no \S+\.env here, but \S+\.env\.txt\.$/, 'Rename'],
    ['it is a link to nothing', path => symlinkSync('/nowhere/x', path), /\.env is a link to \/nowhere\/x, which is not there\.$/, 'Make the link anew'],
    ['it is a folder', path => mkdirSync(path), /\.env is a directory\.$/, 'Make'],
  ])('%s', async (_what, make, detail, hint) => {
    const path = join(place(), '.env')
    make(path)
    const { findings } = await look(path)
    expect(findings).toMatchObject([
      { status: 'FAIL', code: 'CONFIGURATION_INVALID', detail: expect.stringMatching(detail) },
    ])
    expect(findings[0]?.hint).toContain(hint)
  })

  it('nothing is wrong if the shell has the ids', async () => {
    expect(await look(join(place(), '.env'), { TENANT_ID: '1' })).toEqual({
      env: { TENANT_ID: '1' },
      findings: [],
    })
  })
})
