/**
 * `npm run pack`: writes the archives of the packages that projects outside this repository install to `dist/packages`, as
 * JavaScript for the oldest Node that each runs on, with types, since Node strips no types below node_modules. An archive
 * also has what it takes from private packages. `npm run pack -- FOLDER` writes to another folder, which is emptied, and
 * with the names of packages after it, such as `tokens`, only those.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { buildElement } from '@entra-agents/trace-view/build/element'
import { build, type RolldownOutput } from 'rolldown'
import { declarationsFrom } from './bundle/declarations.ts'
import { collectLicences } from './bundle/licences.ts'
import { withoutUnusedPackages } from './bundle/unused-packages.ts'

interface Archive {
  /** The package's folder; the archive is `entra-agents-<name>.tgz`. */
  readonly folder: string
  /** The entries that others use, that of the package's name first; the rest of the package's `exports` is for this repository. */
  readonly entries: readonly string[]
  /** Whether the package has a command of its name, `main` behind `command.cjs`, minified with the rest, since it runs as it is. Entries are optional then. */
  readonly hasCommand?: boolean
  /** Whether it is for browsers: its one entry and that entry's declarations stand alone. */
  readonly isForBrowsers?: boolean
  /** Packages that npm installs beside the archive; what else it needs is in it. */
  readonly installed: readonly string[]
  /** Packages that npm installs beside the archive for their types alone: what it runs of them is in it. */
  readonly typesFrom?: readonly string[]
  /** Packages that a project may have or not, in place of the manifest's peers. */
  readonly optionalPeers?: Readonly<Record<string, string>>
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly private?: boolean
  readonly scripts?: object
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
  {
    folder: 'packages/identity',
    entries: ['index', 'msal'],
    installed: ['@opentelemetry/api', 'fast-jwt', 'typebox', 'undici'],
    typesFrom: ['@entra-agents/trace'],
  },
  { folder: 'packages/langchain', entries: ['index', 'acting-agent'], installed: [] },
  { folder: 'emulators/kit', entries: ['index'], hasCommand: true, installed: [] },
  { folder: 'packages/agentctl', entries: [], hasCommand: true, installed: [] },
]

const root = resolve(import.meta.dirname, '..')
const [to = join(root, 'dist/packages'), ...wanted] = process.argv.slice(2)
const dist = resolve(to)
rmSync(dist, { recursive: true, force: true })
for (const archive of archives) {
  const manifest = readManifest(archive.folder)
  if (wanted.length === 0 || wanted.includes(basename(manifest.name))) await pack(archive, manifest)
}

async function pack(archive: Archive, manifest: Manifest): Promise<void> {
  const folder = join(root, archive.folder)
  const name = basename(manifest.name)
  const staged = join(dist, name)
  mkdirSync(staged, { recursive: true })
  writeLicences(
    await (archive.isForBrowsers ? buildElement(staged) : buildForNode(archive, manifest, staged)),
    staged,
  )
  if (archive.hasCommand) cpSync(join(root, 'scripts/bundle/command.cjs'), join(staged, 'command.cjs'))
  if (archive.entries.length > 0) writeTypes(archive, manifest, staged)
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
  { folder, entries, hasCommand = false, installed }: Archive,
  { engines, peerDependencies = {} }: Manifest,
  staged: string,
): Promise<RolldownOutput> {
  const outside = [...installed, ...Object.keys(peerDependencies)]
  const inputs = [...entries, ...(hasCommand ? ['main'] : [])]
  return build({
    input: Object.fromEntries(inputs.map(name => [name, join(root, folder, `src/${name}.ts`)])),
    platform: 'node',
    external: outside.map(name => new RegExp(`^${name}(/|$)`)),
    resolve: withoutUnusedPackages,
    transform: { target: engines.node.replace('>=', 'node') },
    // Files that the code reads: `new URL('…/aws.yaml', import.meta.url)`.
    moduleTypes: { '.example': 'asset', '.yaml': 'asset' },
    experimental: { resolveNewUrlToAsset: true },
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

/** The declarations of the entries and of what they lead to. @throws if they name a package that is not installed with the archive */
function writeTypes(
  { folder, entries, isForBrowsers = false, installed, typesFrom = [], optionalPeers }: Archive,
  { peerDependencies }: Manifest,
  staged: string,
): void {
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
  const include = entries.map(entry => join(root, folder, `src/${entry}.ts`))
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, isForBrowsers ? folder : '', 'tsconfig.json'),
      compilerOptions,
      include,
      exclude: [],
    }),
  )
  runNode(join(root, 'node_modules/typescript/bin/tsc'), ['-p', project])
  rmSync(project)
  const own = join(types, folder, 'src')
  const { files, packages } = declarationsFrom(
    own,
    entries.map(name => `${name}.d.ts`),
  )
  const known = [...installed, ...typesFrom, ...Object.keys({ ...optionalPeers, ...peerDependencies })]
  const unknown = packages.filter(name => !known.includes(name) && !name.startsWith('node:'))
  if (unknown.length > 0) throw new Error(`The types of ${folder} name ${unknown.join(', ')}.`)
  for (const file of files) cpSync(join(own, file), join(staged, 'own-types', file))
  rmSync(types, { recursive: true })
  renameSync(join(staged, 'own-types'), types)
}

function packedManifest(
  { entries, hasCommand, isForBrowsers, installed, typesFrom = [], optionalPeers }: Archive,
  { private: _private, scripts: _scripts, ...manifest }: Manifest,
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
    ...(hasCommand && { bin: { [basename(manifest.name)]: './command.cjs' } }),
    exports: { ...exports, './package.json': './package.json' },
    dependencies: Object.fromEntries(
      [...installed, ...typesFrom].map(name => [
        name,
        `^${readManifest(join('node_modules', name)).version}`,
      ]),
    ),
    ...(optionalPeers
      ? { peerDependencies: optionalPeers, peerDependenciesMeta: Object.fromEntries(optional) }
      : {}),
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
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
