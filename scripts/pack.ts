/**
 * `npm run pack`: writes the archives of the packages that projects outside this repository install to `dist/packages`, as
 * JavaScript for the oldest Node that each runs on, with types, since Node strips no types below node_modules. An archive
 * also has what it takes from private packages. `npm run pack -- FOLDER` writes to another folder, which is emptied, and
 * with the names of packages after it, such as `tokens`, only those.
 */
import { execFileSync, execSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, parse, relative, resolve } from 'node:path'
import { buildElement } from '@entra-agents/trace-view/build/element'
import { build, type RolldownOutput } from 'rolldown'
import { declarationsFrom } from './bundle/declarations.ts'
import { collectLicences } from './bundle/licences.ts'
import { withoutUnusedPackages } from './bundle/unused-packages.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
  /** A package with a command has it behind `command.cjs`, minified with the rest, since it runs as it is. */
  readonly bin?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly private?: boolean
  readonly scripts?: object
  /** What the archive has in place of the manifest's own; only packages for others have it. */
  readonly publishConfig?: {
    /** The entries that others use; the rest of the manifest's is for this repository. */
    readonly exports: Readonly<Record<string, string>>
    /** What npm installs beside the archive, packages of this repository for their types alone; what else it needs is in it. */
    readonly dependencies: readonly string[]
  }
}

/** A package as its archive is made. */
interface Package {
  readonly folder: string
  readonly manifest: Manifest
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: readonly string[]
}

const root = resolve(import.meta.dirname, '..')
const [to = join(root, 'dist/packages'), ...wanted] = process.argv.slice(2)
const dist = resolve(to)
rmSync(dist, { recursive: true, force: true })
for (const path of globSync('{packages,emulators}/*/package.json', { cwd: root }).sort()) {
  const folder = dirname(path)
  const manifest = readManifest(folder)
  const { name, publishConfig } = manifest
  if (publishConfig && (wanted.length === 0 || wanted.includes(basename(name))))
    await pack({ folder, manifest, ...publishConfig })
}

async function pack(pkg: Package): Promise<void> {
  const { folder, manifest } = pkg
  const name = basename(manifest.name)
  const staged = join(dist, name)
  mkdirSync(staged, { recursive: true })
  writeLicences(await (name === 'trace-view' ? buildElement(staged) : buildForNode(pkg, staged)), staged)
  if (manifest.bin) cpSync(join(root, 'scripts/bundle/command.cjs'), join(staged, 'command.cjs'))
  if (Object.keys(pkg.exports).length > 0) writeTypes(pkg, staged)
  writeFileSync(join(staged, 'package.json'), JSON.stringify(packedManifest(pkg), null, 2))
  for (const file of [join(folder, 'README.md'), join(folder, 'CHANGELOG.md'), 'LICENSE'])
    cpSync(join(root, file), join(staged, basename(file)))
  execSync('npm pack --silent --pack-destination ..', { cwd: staged })
  const file = join(dist, `entra-agents-${name}.tgz`)
  renameSync(join(dist, `entra-agents-${name}-${manifest.version}.tgz`), file)
  rmSync(staged, { recursive: true })
  const kilobytes = Math.round(statSync(file).size / 1000)
  console.log(`${relative(process.cwd(), file)} (${manifest.name} ${manifest.version}, ${kilobytes} kB)`)
}

function buildForNode(
  { folder, manifest, exports, dependencies }: Package,
  staged: string,
): Promise<RolldownOutput> {
  const { bin, engines, peerDependencies = {} } = manifest
  const outside = dependencies
    .filter(name => !name.startsWith('@entra-agents/'))
    .concat(Object.keys(peerDependencies))
  const inputs = [...Object.values(exports), ...(bin ? ['src/main.ts'] : [])]
  return build({
    input: Object.fromEntries(inputs.map(path => [parse(path).name, join(root, folder, path)])),
    platform: 'node',
    external: outside.map(name => new RegExp(`^${name}(/|$)`)),
    resolve: withoutUnusedPackages,
    transform: { target: engines.node.replace('>=', 'node') },
    // Files that the code reads: `new URL('…/aws.yaml', import.meta.url)`.
    moduleTypes: { '.example': 'asset', '.yaml': 'asset' },
    experimental: { resolveNewUrlToAsset: true },
    output: { dir: staged, chunkFileNames: 'shared-[hash].js', sourcemap: !bin, minify: Boolean(bin) },
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
function writeTypes({ folder, manifest, exports, dependencies }: Package, staged: string): void {
  const project = join(staged, 'tsconfig.json')
  const all = join(staged, 'all-types')
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
    outDir: all,
  }
  // A package for browsers has a configuration of its own.
  const [base = ''] = [join(root, folder), root].map(path => join(path, 'tsconfig.json')).filter(existsSync)
  const include = Object.values(exports).map(path => join(root, folder, path))
  writeFileSync(project, JSON.stringify({ extends: base, compilerOptions, include, exclude: [] }))
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
    stdio: 'inherit',
  })
  rmSync(project)
  const own = join(all, folder, 'src')
  const { files, packages } = declarationsFrom(
    own,
    Object.values(exports).map(path => `${parse(path).name}.d.ts`),
  )
  const known = [...dependencies, ...Object.keys(manifest.peerDependencies ?? {})]
  const unknown = packages.filter(name => !known.includes(name) && !name.startsWith('node:'))
  if (unknown.length > 0) throw new Error(`The types of ${folder} name ${unknown.join(', ')}.`)
  for (const file of files) cpSync(join(own, file), join(staged, 'types', file))
  rmSync(all, { recursive: true })
}

function packedManifest({ manifest, exports, dependencies }: Package) {
  const { private: _private, scripts: _scripts, publishConfig: _publishConfig, bin, ...published } = manifest
  const entries = Object.entries(exports).map(([entry, path]) => {
    const { name } = parse(path)
    return [entry, { types: `./types/${name}.d.ts`, default: `./${name}.js` }] as const
  })
  const versions = dependencies.map(
    name => [name, `^${readManifest(join('node_modules', name)).version}`] as const,
  )
  return {
    ...published,
    ...(bin && { bin: { [basename(manifest.name)]: './command.cjs' } }),
    exports: { ...Object.fromEntries(entries), './package.json': './package.json' },
    dependencies: Object.fromEntries(versions),
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}
