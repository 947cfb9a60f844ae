/**
 * `npm run pack:entra-tokens`: writes `packages/tokens/dist/entra-tokens.tgz`, the token check for APIs outside this
 * repository, as JavaScript for the oldest Node that it runs on, with types, since Node strips no types below node_modules.
 * The archive also has what the token check takes from other packages, but for those in `installed`. `node scripts/pack.ts FOLDER`
 * writes it to another folder, which is emptied.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { build } from 'rolldown'
import { collectLicences } from './bundle/licences.ts'
import { withoutUnusedPackages } from './bundle/unused-packages.ts'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'packages/tokens')
const dist = resolve(process.argv[2] ?? join(folder, 'dist'))
const stagedFolder = join(dist, 'package')
const archive = join(dist, 'entra-tokens.tgz')
const entries = ['index', 'express', 'fastify']
/** Packages that npm installs beside the archive. */
const installed = ['fast-jwt', 'undici']

const {
  dependencies,
  private: _private,
  ...manifest
} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const runNode = (file: string, args: readonly string[], cwd = root) =>
  execFileSync(process.execPath, [file, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

rmSync(dist, { recursive: true, force: true })
mkdirSync(stagedFolder, { recursive: true })

const { output } = await build({
  input: Object.fromEntries(entries.map(name => [name, join(folder, `src/${name}.ts`)])),
  platform: 'node',
  external: installed,
  resolve: withoutUnusedPackages,
  transform: { target: manifest.engines.node.replace('>=', 'node') },
  output: { dir: stagedFolder, chunkFileNames: 'shared-[hash].js', sourcemap: true },
})
const sources = output.flatMap(file => (file.type === 'chunk' ? file.moduleIds : []))
writeFileSync(
  join(stagedFolder, 'LICENSES.txt'),
  collectLicences(
    root,
    sources.map(path => relative(root, path)),
  ),
)

const typesFolder = join(dist, 'types')
const compiler = join(root, 'node_modules/typescript/bin/tsc')
runNode(compiler, ['-p', join(folder, 'tsconfig.pack.json'), '--outDir', typesFolder])
cpSync(join(typesFolder, 'tokens/src'), join(stagedFolder, 'types'), { recursive: true })
rmSync(typesFolder, { recursive: true })

const exports = Object.fromEntries(
  entries.map(name => [
    name === 'index' ? '.' : `./${name}`,
    { types: `./types/${name}.d.ts`, default: `./${name}.js` },
  ]),
)
const packed = {
  ...manifest,
  exports: { ...exports, './package.json': './package.json' },
  dependencies: Object.fromEntries(installed.map(name => [name, `^${dependencies[name]}`])),
  peerDependencies: { fastify: '^5' },
  peerDependenciesMeta: { fastify: { optional: true } },
}
writeFileSync(join(stagedFolder, 'package.json'), JSON.stringify(packed, null, 2))
for (const file of [join(folder, 'README.md'), join(root, 'LICENSE')])
  cpSync(file, join(stagedFolder, basename(file)))

// npm names its own file to the scripts that it runs; on Windows, `npm` itself is no program.
const { npm_execpath: npm } = process.env
const pack = ['pack', '--silent', '--pack-destination', dist]
const name = npm
  ? runNode(npm, pack, stagedFolder)
  : execFileSync('npm', pack, { cwd: stagedFolder, encoding: 'utf8' })
renameSync(join(dist, name.trim()), archive)
const kilobytes = Math.round(statSync(archive).size / 1000)
console.log(`${relative(process.cwd(), archive)} (${manifest.name} ${manifest.version}, ${kilobytes} kB)`)
