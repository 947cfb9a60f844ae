import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { archiveOf, compile, examplesOf, Project, pack, root } from './project.ts'

/** The examples of these are compiled and run in projects that install the archives. */
const asInstalled = ['langchain', 'tokens']
const packages = readdirSync(join(root, 'packages')).filter(name => !asInstalled.includes(name))

/** Examples with components use the page's types, the others Node's. */
const settings = { ts: 'tsconfig.json', tsx: 'services/chat-ui/tsconfig.json' }

it.each(Object.entries(settings))('The %s examples of the packages’ READMEs compile', async (kind, base) => {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const examples = packages.flatMap(name => examplesOf(`packages/${name}/README.md`, kind))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const [index, text] of examples.entries()) writeFileSync(join(folder, `${index}.${kind}`), text)
  const project = { extends: join(root, base), include: [`*.${kind}`] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  expect(examples).not.toEqual([])
  expect(await compile(folder)).toBe('')
})

it('The packed trace installs TypeBox alone, and its example compiles in a stranger’s project and runs under Node 22', async () => {
  needs('node-22')
  const project = new Project()
  await project.install(archiveOf(await pack('trace'), 'trace'))
  expect(project.installed).toEqual(['@entra-agents', 'typebox'])

  const [example = ''] = examplesOf('packages/trace/README.md', 'ts')
  project.write('example.ts', example)
  expect(await project.compile(['example.ts'], { lib: ['es2023', 'dom'] })).toBe('')
  expect(await project.runNode('node-22', ['example.js'])).toContain('Bearer ‹token removed›')
}, 180_000)
