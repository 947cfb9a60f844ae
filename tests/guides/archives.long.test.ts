import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const packed = temporaryFolder()
await exec(process.execPath, [join(root, 'scripts/pack.ts'), packed])
const archives = readdirSync(packed)

/** So many names a newcomer can read in one go. */
const mostNames = 40

/** It exports nothing. */
const commandAlone = 'entra-agents-agentctl.tgz'

interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** Unpacks an archive. @returns its folder */
async function unpack(archive: string): Promise<string> {
  const folder = temporaryFolder()
  await exec('tar', ['-xzf', join(packed, archive), '-C', folder, '--strip-components=1'])
  return folder
}

const declaration =
  /^export (?:declare )?(?:abstract )?(?:const|let|function|class|interface|type|enum) (\w+)/gm

/** The names that a declaration file exports, with those of the files that it exports whole. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(','),
  )
  const whole = [...text.matchAll(/^export \* from '(.*)\.js'/gm)]
  return [
    ...[...text.matchAll(declaration)].map(([, name = '']) => name),
    ...listed
      .map(
        one =>
          one
            .trim()
            .split(/ as | /)
            .at(-1) ?? '',
      )
      .filter(Boolean),
    ...whole.flatMap(([, path = '']) => namesIn(join(dirname(file), `${path}.d.ts`))),
  ]
}

it('The archives are those of the packages that are for others', () => {
  expect(archives.length).toBeGreaterThan(2)
  expect(archives).toEqual(
    expect.arrayContaining(
      ['tokens', 'trace', 'trace-view', 'identity', 'langchain', 'emulators', 'agentctl'].map(
        name => `entra-agents-${name}.tgz`,
      ),
    ),
  )
})

// It is for import alone: neither for require nor for the resolution of Node 10, which knows no exports.
it.each([
  ['publint', '--strict'],
  ['attw', '--profile', 'esm-only'],
])('%s finds no fault in them', async (program, ...options) => {
  const find = (archive: string) =>
    exec(join(root, 'node_modules/.bin', program), [join(packed, archive), ...options])
  await Promise.all(archives.map(find)).catch(({ stdout }) => expect.fail(stdout))
})

it.each(archives)('%s exports at most 40 names, runs on Node 22.19, and says what changed', async archive => {
  const folder = await unpack(archive)
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const { version, engines, exports }: Manifest = JSON.parse(read('package.json'))
  const names = Object.values(exports).flatMap(entry =>
    typeof entry === 'string' ? [] : namesIn(join(folder, entry.types)),
  )
  expect(names.length > 0).toBe(archive !== commandAlone)
  expect(new Set(names).size).toBeLessThanOrEqual(mostNames)
  expect(engines.node).toBe('>=22.19')
  expect(read('CHANGELOG.md')).toContain(`\n## ${version}`)
  expect(read('README.md')).toMatch(/^Public (?:is|are) .*(?:.|\n)*?major version/m)
})
