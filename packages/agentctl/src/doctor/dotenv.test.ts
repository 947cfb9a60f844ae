import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { readDotenv } from './dotenv.ts'
import { examine } from './finding.ts'
import { writeReport } from './report.ts'

const folder = temporaryFolder()

type Shell = Readonly<Record<string, string>>
/** What stands in the place of `.env`: its content, or what a function makes there. */
type Place = string | Buffer | ((path: string) => unknown)

/** The variables that the doctor reads, and its report. */
async function look(place: Place, shell: Shell = {}): Promise<string> {
  const path = join(mkdtempSync(join(folder, 'place-')), '.env')
  if (typeof place === 'function') place(path)
  else writeFileSync(path, place)
  const { env, checks } = readDotenv(path, shell)
  const [report] = stripVTControlCharacters(writeReport(await examine(checks))).split('\n\n')
  return `${JSON.stringify(env)}\n${report}\n`.replaceAll(join(path, '..'), '…')
}

it('The doctor reads a .env file as the services do, and says what is wrong with it, without its values', async () => {
  // biome-ignore format: table
  const places: readonly (readonly [what: string, place: Place, shell?: Shell])[] = [
    ['variables of the shell, which win', 'A=1\nB=2\n', { B: '2', C: '3' }],
    ['variables that have another value in the shell', 'TENANT_ID=new\nCLIENT_SECRET=text', { TENANT_ID: 'old', CLIENT_SECRET: 'other text' }],
    ['a file of Windows', 'TENANT_ID=1\r\nPORT=2\r\n'],
    ['quotes', 'TENANT_ID="1"\nPORT=\'2\'\n'],
    ['export and spaces', 'export TENANT_ID = 1\n  export PORT=2'],
    ['comments', '# A = 1: no\n\nTENANT_ID=1 # the tenant\nPORT="2" # it\'s free\n'],
    ['an umlaut of Latin-1 in a comment', Buffer.from('# f\u00fcr uns\nTENANT_ID=1\nPORT=2', 'latin1')],
    ['a value of several lines', 'TENANT_ID=1\nPORT="2"\nKEY="a:\nb c\n"\n'],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffA=1')],
    ['UTF-16 with a byte order mark', Buffer.from('\ufeffA=1', 'utf16le')],
    ['UTF-16', Buffer.from('A=1', 'utf16le')],
    ['lines that end with CR alone', 'TENANT_ID=1\rPORT=2\r'],
    ['a quote that is not closed', 'TENANT_ID=1\nPORT="2\n'],
    ['a line of YAML', 'TENANT_ID=1\n# PORT\nPORT: value\n'],
    ['a variable twice', 'PORT=1\nHOST=a\nPORT=2'],
    ['a name of another program in place of TENANT_ID', 'AZURE_TENANT_ID=1'],
    ['TENANT_ID in small letters', 'tenant_id=1'],
    ['TENANT_ID without its underscore', 'TENANTID=1'],
    ['names of other programs besides', 'AZURE_TENANT_ID=1\nTENANT_ID=1\nSMTP_PORT=2'],
    ['no file in the clone', path => writeFileSync(`${path}.example`, '')],
    ['no file in another folder', () => undefined],
    ['no file, and the ids in the shell', () => undefined, { TENANT_ID: '1' }],
    ['a name that ends with .txt', path => writeFileSync(`${path}.txt`, '')],
    ['a link to nothing', path => symlinkSync('/nowhere/x', path)],
    ['a folder', path => mkdirSync(path)],
  ]
  const sections: string[] = []
  for (const [what, place, shell] of places) sections.push(`# ${what}\n\n${await look(place, shell)}`)
  await expect(sections.join('\n')).toMatchFileSnapshot('dotenv.txt')
})
