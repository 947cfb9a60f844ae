import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Which folders a folder may import from, besides itself. Everybody may use libraries. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/emulator-kit': ['packages/service-kit'],
  'packages/identity-trace': [],
  'packages/service-kit': [],
  'services/agent': ['packages/identity-trace', 'packages/service-kit'],
  'services/chat-ui': ['packages/identity-trace'],
  'services/weather-api': ['packages/service-kit'],
  'emulators/auth-sidecar': ['packages/emulator-kit', 'packages/service-kit'],
  'emulators/bedrock': ['packages/emulator-kit', 'packages/service-kit'],
  'emulators/entra': ['packages/emulator-kit', 'packages/service-kit'],
}

const packageNames = new Map(
  Object.keys(allowed).map(folder => {
    const manifest: { name: string } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return [manifest.name, folder]
  }),
)

/** The folder of this repository that an import leads to, or `undefined` for libraries and Node's own modules. */
function importedFolder(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) {
    return packageNames.get(
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    )
  }
  const path = relative(root, resolve(dirname(file), specifier))
  return path.split('/').slice(0, 2).join('/')
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => !/\/(node_modules|dist)\//.test(path))
}

function forbiddenImports(folder: string, permitted: readonly string[]): string[] {
  return sourceFiles(folder).flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)]
      .map(match => importedFolder(file, match[1] ?? ''))
      .filter(target => target !== undefined && target !== folder && !permitted.includes(target))
      .map(target => `${relative(root, file)} imports ${target}`),
  )
}

describe('dependencies between folders', () => {
  it('are known for every workspace', () => {
    const workspaces = ['packages', 'services', 'emulators'].flatMap(parent =>
      readdirSync(join(root, parent)).map(name => `${parent}/${name}`),
    )
    expect(workspaces.sort()).toEqual(Object.keys(allowed).sort())
  })

  it.each(Object.entries(allowed))('%s imports only what the architecture allows', (folder, permitted) => {
    expect(sourceFiles(folder).length).toBeGreaterThan(0)
    expect(forbiddenImports(folder, permitted)).toEqual([])
  })

  it('are checked by a check that can fail', () => {
    expect(forbiddenImports('services/agent', [])).not.toEqual([])
  })
})
