/**
 * `npm run pack`: writes the archives of the packages that projects outside this repository install to `dist/packages`, as
 * JavaScript for the oldest Node that each runs on, with types, since Node strips no types below node_modules. An archive
 * also has what it takes from private packages. `npm run pack -- FOLDER` writes to another folder, which is emptied.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { build, type RolldownOutput } from 'rolldown'
import { buildElement } from './bundle/element.ts'
import { collectLicences } from './bundle/licences.ts'
import { withoutUnusedPackages } from './bundle/unused-packages.ts'

interface Archive {
  /** The package's folder; the archive is `entra-agents-<name>.tgz`. */
  readonly folder: string
  /** The entries that others use, that of the package's name first; the rest of the package's `exports` is for this repository. */
  readonly entries: readonly string[]
  /** Whether the package has a command of its name, `main`, minified with the rest, since it runs as it is. */
  readonly hasCommand?: boolean
  /** Whether it is for browsers: its one entry and that entry's declarations stand alone. */
  readonly isForBrowsers?: boolean
  /** Packages that npm installs beside the archive; what else it needs is in it. */
  readonly installed: readonly string[]
  readonly optionalPeers?: Readonly<Record<string, string>>
}

const archives: readonly Archive[] = [
  {
    folder: 'packages/tokens',
    entries: ['index', 'express', 'fastify'],
    installed: ['fast-jwt', 'undici'],
    optionalPeers: { fastify: '^5' },
  },
  { folder: 'packages/trace', entries: ['public'], installed: ['typebox'] },
  {
    folder: 'packages/trace-view',
    entries: ['element'],
    isForBrowsers: true,
    installed: ['@entra-agents/trace'],
  },
  { folder: 'emulators/kit', entries: ['index'], hasCommand: true, installed: [] },
]

const root = resolve(import.meta.dirname, '..')
const dist = resolve(process.argv[2] ?? join(root, 'dist/packages'))
rmSync(dist, { recursive: true, force: true })
for (const archive of archives) await pack(archive)

async function pack(archive: Archive): Promise<void> {
  const folder = join(root, archive.folder)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const name = basename(manifest.name)
  const staged = join(dist, name)
  mkdirSync(staged, { recursive: true })
  const target = manifest.engines.node.replace('>=', 'node')
  writeLicences(
    await (archive.isForBrowsers ? buildElement(staged) : buildForNode(archive, folder, staged, target)),
    staged,
  )
  writeTypes(archive, folder, staged)
  writeFileSync(join(staged, 'package.json'), JSON.stringify(packedManifest(archive, manifest), null, 2))
  for (const file of [join(folder, 'README.md'), join(folder, 'CHANGELOG.md'), join(root, 'LICENSE')])
    cpSync(file, join(staged, basename(file)))
  const file = join(dist, `entra-agents-${name}.tgz`)
  renameSync(join(dist, runNpmPack(staged)), file)
  rmSync(staged, { recursive: true })
  const kilobytes = Math.round(statSync(file).size / 1000)
  console.log(`${relative(process.cwd(), file)} (${manifest.name} ${manifest.version}, ${kilobytes} kB)`)
}

function buildForNode(
  { entries, hasCommand = false, installed }: Archive,
  folder: string,
  staged: string,
  target: string,
): Promise<RolldownOutput> {
  const inputs = [...entries, ...(hasCommand ? ['main'] : [])]
  return build({
    input: Object.fromEntries(inputs.map(name => [name, join(folder, `src/${name}.ts`)])),
    platform: 'node',
    external: installed.map(name => new RegExp(`^${name}(/|$)`)),
    resolve: withoutUnusedPackages,
    transform: { target },
    output: {
      dir: staged,
      chunkFileNames: 'shared-[hash].js',
      sourcemap: !hasCommand,
      minify: hasCommand,
    },
  })
}

function writeLicences({ output }: RolldownOutput, staged: string): void {
  const sources = output.flatMap(file => (file.type === 'chunk' ? file.moduleIds : []))
  const licences = collectLicences(
    root,
    sources.map(path => relative(root, path)),
  )
  if (licences !== '') writeFileSync(join(staged, 'LICENSES.txt'), licences)
}

/** The declarations of the entries and of what they lead to. Types of private packages must not be among them. */
function writeTypes({ entries, isForBrowsers = false }: Archive, folder: string, staged: string): void {
  const project = join(staged, 'tsconfig.json')
  const types = join(staged, 'types')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    // What is marked as internal has types of packages that the archive does not name.
    stripInternal: true,
    emitDeclarationOnly: true,
    allowImportingTsExtensions: false,
    rewriteRelativeImportExtensions: true,
    types: ['node'],
    // Style sheets, which the bundle has in it.
    noUncheckedSideEffectImports: false,
    typeRoots: [join(root, 'node_modules/@types')],
    rootDir: root,
    outDir: types,
  }
  const include = entries.map(entry => join(folder, `src/${entry}.ts`))
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(isForBrowsers ? folder : root, 'tsconfig.json'),
      compilerOptions,
      include,
      exclude: [],
    }),
  )
  runNode(join(root, 'node_modules/typescript/bin/tsc'), ['-p', project])
  rmSync(project)
  cpSync(join(types, relative(root, folder), 'src'), join(staged, 'own-types'), {
    recursive: true,
    filter: path =>
      !isForBrowsers || entries.some(name => path.endsWith(`/src/${name}.d.ts`)) || path.endsWith('/src'),
  })
  rmSync(types, { recursive: true })
  renameSync(join(staged, 'own-types'), types)
}

function packedManifest(
  { entries, hasCommand, isForBrowsers, installed, optionalPeers }: Archive,
  {
    dependencies,
    private: _private,
    scripts: _scripts,
    ...manifest
  }: Record<string, unknown> & { name: string; dependencies: Record<string, string> },
) {
  const exports = Object.fromEntries(
    entries.map((name, index) => [
      index === 0 && !isForBrowsers ? '.' : `./${name}`,
      { types: `./types/${name}.d.ts`, default: `./${name}.js` },
    ]),
  )
  const optional = Object.keys(optionalPeers ?? {}).map(name => [name, { optional: true }] as const)
  return {
    ...manifest,
    ...(hasCommand && { bin: { [basename(manifest.name)]: './main.js' } }),
    exports: { ...exports, './package.json': './package.json' },
    dependencies: Object.fromEntries(installed.map(name => [name, `^${dependencies[name]}`])),
    ...(optionalPeers
      ? { peerDependencies: optionalPeers, peerDependenciesMeta: Object.fromEntries(optional) }
      : {}),
  }
}

/** Packs a folder into `dist`, and returns the name of the file. */
function runNpmPack(folder: string): string {
  const args = ['pack', '--silent', '--pack-destination', dist]
  // npm names its own file to the scripts that it runs; on Windows, `npm` itself is no program.
  const { npm_execpath: npm } = process.env
  const printed = npm
    ? runNode(npm, args, folder)
    : execFileSync('npm', args, { cwd: folder, encoding: 'utf8' })
  return printed.trim()
}

function runNode(file: string, args: readonly string[], cwd = root): string {
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  return execFileSync(process.execPath, [file, ...args], { cwd, encoding: 'utf8', stdio: [...stdio] })
}
