/**
 * `npm run pack:entra-tokens`: writes `packages/entra-tokens/dist/entra-tokens.tgz`, the token check for APIs outside this
 * repository, as JavaScript with types, since Node strips no types below node_modules. The archive also has the packages of
 * this repository that the token check depends on.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'rolldown'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'packages/entra-tokens')
const dist = join(folder, 'dist')
const stagedFolder = join(dist, 'package')
const entry = join(folder, 'src/index.ts')
const isOwnPackage = (name: string) => name.startsWith('@entra-bedrock-agent/')

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}
const { name, version, description, license, dependencies } = JSON.parse(
  readFileSync(join(folder, 'package.json'), 'utf8'),
) as Manifest & Readonly<Record<'name' | 'description' | 'license', string>>

rmSync(dist, { recursive: true, force: true })
mkdirSync(stagedFolder, { recursive: true })

await build({
  input: { index: entry },
  platform: 'node',
  external: name => /^[a-z@]/.test(name) && !isOwnPackage(name),
  output: { dir: stagedFolder, cleanDir: true },
})

execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(folder, 'tsconfig.pack.json')], {
  stdio: 'inherit',
})
const typesFolder = join(dist, 'types')
cpSync(join(typesFolder, 'entra-tokens/src'), join(stagedFolder, 'types'), { recursive: true })
rmSync(typesFolder, { recursive: true })

const { fastify, ...others } = Object.fromEntries(
  Object.entries(dependencies).filter(([name]) => !isOwnPackage(name)),
)
const manifest = {
  name,
  version,
  description,
  license,
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.12' },
  exports: { types: './types/index.d.ts', default: './index.js' },
  dependencies: others,
  peerDependencies: { fastify: `^${fastify}` },
}
writeFileSync(join(stagedFolder, 'package.json'), JSON.stringify(manifest, null, 2))
for (const file of [join(folder, 'README.md'), join(root, 'LICENSE')])
  cpSync(file, join(stagedFolder, file.split('/').at(-1) ?? ''))

const packedFile = execFileSync('npm', ['pack', '--silent', '--pack-destination', dist], {
  cwd: stagedFolder,
  encoding: 'utf8',
}).trim()
renameSync(join(dist, packedFile), join(dist, 'entra-tokens.tgz'))
console.log(`packages/entra-tokens/dist/entra-tokens.tgz (${name} ${version})`)
