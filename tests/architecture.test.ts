import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifestOf = (workspace: string) => JSON.parse(read(`${workspace}/package.json`))

const everywhere = ['packages', 'services', 'emulators', 'evals', 'scripts', 'tests', 'bench', 'mutation']

const workspaceOf = (path: string) => path.split('/').slice(0, 2).join('/')
const isTest = (path: string) => /\.test\.tsx?$|\/(testing|tests)\//.test(path)

/** The folders, or parts of folders, that a folder may import from. All may import libraries. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/agentctl': [
    'packages/approval',
    'packages/bedrock-access',
    'packages/entra-failures/what-if',
    'packages/identity',
    'packages/service-kit',
    'packages/tokens',
    'packages/trace',
    'services/agent',
  ],
  'packages/approval': ['packages/identity', 'packages/service-kit', 'packages/telemetry', 'packages/trace'],
  'packages/bedrock-access': ['packages/service-kit', 'packages/trace'],
  'packages/emulator-kit': ['packages/service-kit'],
  'packages/entra-failures': ['packages/trace'],
  'packages/identity': [
    'packages/entra-failures/codes',
    'packages/service-kit',
    'packages/telemetry',
    'packages/tokens',
    'packages/trace',
  ],
  'packages/langchain': ['packages/identity'],
  'packages/mcp-tools': [
    'packages/approval',
    'packages/identity',
    'packages/service-kit',
    'packages/telemetry',
    'packages/trace',
  ],
  'packages/service-kit': [],
  'packages/telemetry': ['packages/service-kit'],
  'packages/tokens': ['packages/service-kit'],
  'packages/trace': [],
  'packages/trace-view': ['packages/trace'],
  'services/agent': [
    'packages/approval',
    'packages/bedrock-access',
    'packages/identity',
    'packages/mcp-tools',
    'packages/service-kit',
    'packages/telemetry',
    'packages/trace',
  ],
  'services/chat-ui': ['packages/trace', 'packages/trace-view'],
  'services/weather-api': ['packages/service-kit', 'packages/telemetry', 'packages/tokens', 'packages/trace'],
  'emulators/auth-sidecar': ['packages/emulator-kit', 'packages/service-kit'],
  'emulators/bedrock': ['packages/emulator-kit', 'packages/service-kit'],
  'emulators/entra': [
    'packages/emulator-kit',
    'packages/entra-failures/what-if',
    'packages/entra-failures/words',
    'packages/service-kit',
    'packages/trace/well-known',
  ],
  'emulators/kit': ['emulators/auth-sidecar', 'emulators/bedrock', 'emulators/entra', 'packages/service-kit'],
}

/** The processes that run in production. */
const services = globSync('services/*/src/main.ts', { cwd: root }).map(workspaceOf)

/** Tests of a package with whole services and emulators; like those in tests/, they may import everything. */
const acrossServices = /^packages\/[^/]+\/tests\//

const folderOfPackage = new Map(
  Object.keys(allowed).map((folder): [string, string] => [manifestOf(folder).name, folder]),
)

/** Folders of the agent, from the top: each may import from those below it, never from those above. */
const agentFolders = ['routes', 'bedrock', 'direct', 'tools', 'turn', 'status']

interface Arrow {
  /** Paths from the root of the repository. */
  readonly from: string
  readonly to: string
}

interface Import extends Arrow {
  /** Whether the import names a file, and not an entry of a workspace. */
  readonly isRelative: boolean
}

/** An import of a file, a workspace or an entry of a workspace; `undefined` for libraries and Node's own modules. */
function importOf(from: string, specifier: string): Import | undefined {
  if (specifier.startsWith('.')) {
    const to = relative(root, resolve(root, dirname(from), specifier))
    return { from, to, isRelative: true }
  }
  const [scope, name, ...entry] = specifier.replace('?inline', '').split('/')
  const workspace = folderOfPackage.get(specifier.startsWith('@') ? `${scope}/${name}` : (scope ?? ''))
  return workspace ? { from, to: [workspace, ...entry].join('/'), isRelative: false } : undefined
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .filter(path => !/\/(node_modules|dist)\//.test(path))
}

/** What every import of a folder names, type-only and dynamic ones included. */
function specifiersOf(folder: string) {
  return sourceFiles(folder).flatMap(from =>
    [...read(from).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => {
      return { from, specifier }
    }),
  )
}

/** Every import of a folder that leads to another file of this repository. */
function importsOf(folder: string): Import[] {
  return specifiersOf(folder)
    .map(({ from, specifier }) => importOf(from, specifier))
    .filter(found => found !== undefined)
}

/** The packages that the code of a workspace imports, but its `package.json` does not name. */
function undeclaredPackages(workspace: string): readonly string[] {
  const { name, dependencies = {}, peerDependencies = {} } = manifestOf(workspace)
  const declared = [name, ...Object.keys({ ...dependencies, ...peerDependencies })]
  const imported = specifiersOf(join(workspace, 'src'))
    .filter(({ from, specifier }) => !isTest(from) && !/^(\.|node:)/.test(specifier))
    .map(({ specifier }) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
  return [...new Set(imported)].filter(found => !declared.includes(found))
}

const describeImport = ({ from, to }: Arrow) => `${from} imports ${to}`

/** Whether an import leads into a package, or from a package into a service, but not by one of the entries. */
function passesEntries({ from, to, isRelative }: Import): boolean {
  const workspace = workspaceOf(to)
  if (workspace === workspaceOf(from)) return false
  if (isRelative)
    return to.startsWith('packages/') || (from.startsWith('packages/') && to.startsWith('services/'))
  return !entriesOf(workspace).includes(to)
}

function entriesOf(workspace: string): readonly string[] {
  const { exports = {} } = manifestOf(workspace)
  const names = typeof exports === 'string' ? ['.'] : Object.keys(exports)
  return names.map(name => join(workspace, name))
}

function forbiddenImports(folder: string, permitted: readonly string[]): string[] {
  return importsOf(folder)
    .filter(({ from }) => !acrossServices.test(from))
    .filter(({ to }) => ![folder, ...permitted].includes(workspaceOf(to)) && !permitted.includes(to))
    .map(describeImport)
}

/** All files or folders in circular imports. */
function membersOfCycles(imports: readonly Arrow[]): string[] {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of imports) {
    if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to))
  }
  const reaches = (start: string): boolean => {
    const seen = new Set<string>()
    const open = [...(next.get(start) ?? [])]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === start) return true
      if (!seen.has(at)) open.push(...(next.get(at) ?? []))
      seen.add(at)
    }
    return false
  }
  return [...next.keys()].filter(reaches).sort()
}

/** Imports between folders, neither of which contains the other. */
function folderImports(workspace: string): Arrow[] {
  return importsOf(workspace)
    .filter(({ from, to }) => !isTest(from) && workspaceOf(to) === workspace)
    .map(({ from, to }) => ({ from: dirname(from), to: dirname(to) }))
    .filter(({ from, to }) => !from.startsWith(`${to}/`) && !to.startsWith(`${from}/`))
}

function levelOf(path: string): number {
  return agentFolders.indexOf(path.split('/')[3] ?? '')
}

it('Long-running processes link signals by LinkedAbort: AbortSignal.any and its timers cannot be let go', () => {
  const sources = [...services, 'packages', 'emulators']
    .flatMap(sourceFiles)
    .filter(path => path.includes('/src/') && !isTest(path))
  expect(sources.length).toBeGreaterThan(100)
  expect(sources.filter(path => /AbortSignal\.any\(/.test(code(path)))).toEqual([])
})

it('Errors of another package are recognised by its guard, such as isProblem, since a bundle may have two copies of the class', () => {
  const classes = errorClasses()
  expect(classes.get('ProblemError')).toBe('packages/service-kit')
  const foreignChecks = everywhere.flatMap(sourceFiles).flatMap(path =>
    [...code(path).matchAll(/\binstanceof (\w+)/g)]
      .map(([, name = '']) => name)
      .filter(name => classes.has(name) && classes.get(name) !== workspaceOf(path))
      .map(name => `${path}: instanceof ${name}`),
  )
  expect(foreignChecks).toEqual([])
})

/** The classes of errors that packages define, each with its package. */
function errorClasses(): ReadonlyMap<string, string> {
  const declared = sourceFiles('packages')
    .filter(path => !isTest(path))
    .flatMap(path =>
      [...code(path).matchAll(/^export class (\w+) extends (?:Error|TokenRefused)\b/gm)].map(
        ([, name = '']) => [name, workspaceOf(path)] as const,
      ),
    )
  return new Map(declared)
}

/** A source without its comments. */
function code(path: string): string {
  return read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
}

describe('dependencies between folders', () => {
  it('are defined for every workspace', () => {
    const workspaces = ['packages', 'services', 'emulators']
      .flatMap(parent => readdirSync(join(root, parent)).map(name => `${parent}/${name}`))
      .filter(folder => existsSync(join(root, folder, 'package.json')))
    expect(workspaces.sort()).toEqual(Object.keys(allowed).sort())
  })

  it.each(Object.entries(allowed))('from %s are only those the architecture allows', (folder, permitted) => {
    expect(sourceFiles(folder).length).toBeGreaterThan(0)
    expect(forbiddenImports(folder, permitted)).toEqual([])
  })

  it.each(Object.keys(allowed))('do not lead from the code of %s to the helpers of its tests', folder => {
    const toHelpers = importsOf(folder).filter(({ from, to }) => !isTest(from) && isTest(to))
    expect(toHelpers.map(describeImport)).toEqual([])
  })

  it('are reported if the architecture does not allow them', () => {
    expect(forbiddenImports('services/agent', [])).not.toEqual([])
    const otherPart = ['packages/entra-failures/words']
    expect(forbiddenImports('packages/identity', otherPart).join()).toContain('packages/entra-failures/codes')
  })

  it('lead into packages, and from packages into services, only by their entries', () => {
    expect(everywhere.flatMap(importsOf).filter(passesEntries).map(describeImport)).toEqual([])
  })

  it.each(Object.keys(allowed))('of %s are all named in its package.json', workspace => {
    expect(undeclaredPackages(workspace)).toEqual([])
  })

  it('use every entry of a package, but for those that only other projects or tests of the example use', () => {
    const usedElsewhere = [
      'emulators/kit',
      'packages/langchain/acting-agent',
      'packages/service-kit/testing/exchange',
      'packages/tokens/express',
      'packages/tokens/fastify',
      'packages/trace-view/element',
    ]
    const used = new Set(everywhere.flatMap(importsOf).map(({ to }) => to))
    const entries = Object.keys(allowed).flatMap(entriesOf)
    expect(entries.filter(entry => !used.has(entry) && !usedElsewhere.includes(entry))).toEqual([])
  })

  it.each([
    ['../../packages/identity/src/sidecar.ts', 'services/agent/app.ts'],
    ['../../packages/identity/src/index.ts', 'tests/support/agent-stack.ts'],
    ['../../services/agent/src/main.ts', 'packages/agentctl/doctor.ts'],
    ['@entra-agents/identity/src/sidecar.ts', 'services/agent/app.ts'],
    ['@entra-agents/agent/turn/turns', 'packages/agentctl/doctor.ts'],
  ])('are reported if they pass the entries, as %s from %s does', (specifier, from) => {
    expect(importOf(from, specifier)).toSatisfy(passesEntries)
  })

  it.each(Object.keys(allowed))(
    'form no circle in %s, neither between files nor between folders',
    workspace => {
      expect(membersOfCycles(importsOf(workspace))).toEqual([])
      expect(membersOfCycles(folderImports(workspace))).toEqual([])
    },
  )

  it('form no circle between files of the scripts', () => {
    const imports = importsOf('scripts')
    expect(imports).toContainEqual(
      expect.objectContaining({ from: 'scripts/demo.ts', to: 'scripts/demo/supervisor.ts' }),
    )
    expect(membersOfCycles(imports)).toEqual([])
  })

  it('go one way in the agent, from the routes down to the status', () => {
    const inFolders = importsOf('services/agent').filter(
      ({ from, to }) => !isTest(from) && levelOf(from) >= 0 && levelOf(to) >= 0,
    )
    expect(inFolders.length).toBeGreaterThan(30)
    expect(inFolders.filter(({ from, to }) => levelOf(from) > levelOf(to)).map(describeImport)).toEqual([])
    const folders = readdirSync(join(root, 'services/agent/src'), { withFileTypes: true })
    expect(
      folders.filter(entry => entry.isDirectory() && entry.name !== 'testing').map(({ name }) => name),
    ).toEqual([...agentFolders].sort())
  })
})
