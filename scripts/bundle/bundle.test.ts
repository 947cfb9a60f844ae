import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { writeBundle } from '../bundle.ts'

const folder = temporaryFolder()

const root = resolve(import.meta.dirname, '../..')
const fillCompileCache = join(root, 'scripts/fill-compile-cache.ts')

/** A program: it exits if WORD is not set, imports lazy.ts if WORD is "lazy", and shares a file with lazy.ts. */
writeFileSync(join(folder, 'shared.ts'), 'export const say = (word: string) => console.log(word)')
writeFileSync(
  join(folder, 'lazy.ts'),
  "import { say } from './shared.ts'\nexport const run = () => say('loaded')",
)
writeFileSync(
  join(folder, 'main.ts'),
  `import { say } from './shared.ts'
  const word = process.env['WORD'] ?? process.exit(1)
  say(word)
  if (word === 'lazy') await import('./lazy.ts').then(({ run }) => run())`,
)
const dist = join(folder, 'dist')
mkdirSync(dist)
writeFileSync(join(dist, 'lazy-of-yesterday.mjs'), '')
await writeBundle(join(folder, 'main.ts'), dist)
const chunks = readdirSync(dist).filter(name => name.endsWith('.mjs'))

function run(word: string, env: Readonly<Record<string, string>> = {}) {
  const main = join(dist, 'main.mjs')
  return spawnSync(process.execPath, [main], { env: { WORD: word, ...env }, encoding: 'utf8' })
}

describe('writeBundle', () => {
  it('makes a chunk with a source map for each dynamic import, and removes older files', () => {
    expect(chunks).toEqual([expect.stringMatching(/^lazy-/), 'main.mjs', expect.stringMatching(/^shared-/)])
    const maps = chunks.map(name => `${name}.map`)
    expect(readdirSync(dist).sort()).toEqual([...chunks, ...maps, 'LICENSES.txt'].sort())
  })

  it('makes a bundle that runs like its sources', () => {
    expect(run('eager').stdout).toBe('eager\n')
    expect(run('lazy').stdout).toBe('lazy\nloaded\n')
  })

  it('fails for an import that cannot be resolved, which would otherwise show only when the process starts', async () => {
    const entry = join(folder, 'incomplete.ts')
    writeFileSync(entry, "import 'no-such-package'")
    await expect(writeBundle(entry, join(folder, 'incomplete'))).rejects.toThrow('no-such-package')
  })
})

describe('Filling the compile cache', () => {
  const cache = join(folder, 'compile-cache')

  it('compiles everything that the process can import, without starting it', () => {
    const env = { NODE_COMPILE_CACHE: cache }
    expect(execFileSync(process.execPath, [fillCompileCache], { cwd: dist, env, encoding: 'utf8' })).toBe('')
    const { stderr } = run('lazy', { ...env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' })
    const accepted = [...stderr.matchAll(/V8 code cache for ESM \S+\/(\S+) was accepted/g)].map(
      ([, name]) => name,
    )
    expect(accepted.sort()).toEqual(chunks)
  })

  it('fails if a chunk cannot be loaded', () => {
    writeFileSync(join(dist, 'broken.mjs'), "throw new Error('broken')")
    const { status } = spawnSync(process.execPath, [fillCompileCache], {
      cwd: dist,
      env: { NODE_COMPILE_CACHE: cache },
    })
    expect(status).toBe(1)
  })
})
