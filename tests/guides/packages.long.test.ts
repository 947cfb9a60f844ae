import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { findProgram, needs } from '../support/programs.ts'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const compiler = join(root, 'node_modules/typescript/bin/tsc')
/** The examples of these are compiled and run in projects that install the archives. */
const asInstalled = ['langchain', 'tokens']
const packages = readdirSync(join(root, 'packages')).filter(name => !asInstalled.includes(name))

/** Examples with components use the page's types, the others Node's. */
const settings = { ts: 'tsconfig.json', tsx: 'services/chat-ui/tsconfig.json' }

it.each(Object.entries(settings))('The %s examples of the packages’ READMEs compile', async (kind, base) => {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const examples = packages.flatMap(name => examplesOf(name, kind))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const [index, text] of examples.entries()) writeFileSync(join(folder, `${index}.${kind}`), text)
  const project = { extends: join(root, base), include: [`*.${kind}`] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  expect(examples).not.toEqual([])
  expect(await compile(folder)).toBe('')
})

it('The packed trace installs TypeBox alone, and its example compiles in a stranger’s project and runs under Node 22', async () => {
  needs('node-22')
  const folder = temporaryFolder()
  await exec(process.execPath, [join(root, 'scripts/pack.ts'), join(folder, 'packed'), 'trace'])
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await exec('npm', [...install, join(folder, 'packed/entra-agents-trace.tgz')], { cwd: folder })
  expect(readdirSync(join(folder, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual([
    '@entra-agents',
    'typebox',
  ])

  const [example = ''] = examplesOf('trace', 'ts')
  writeFileSync(join(folder, 'example.ts'), example)
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
  const output = { module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: [] }
  const compilerOptions = { ...strict, ...output, skipLibCheck: false }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['example.ts'] }))
  expect(await compile(folder)).toBe('')

  const { stdout } = await exec(findProgram('node-22') ?? '', [join(folder, 'example.js')])
  expect(stdout).toContain('Bearer ‹token removed›')
}, 180_000)

/** What the compiler says of a project: nothing if it is right. */
async function compile(folder: string): Promise<string> {
  const { stdout } = await exec(process.execPath, [compiler, '-p', folder]).catch(error => error)
  return stdout
}

function examplesOf(name: string, kind: string): string[] {
  const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
  return [...readme.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)
}
