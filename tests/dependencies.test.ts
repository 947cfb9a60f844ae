import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const files = (...patterns: string[]) =>
  globSync(patterns, { cwd: root, exclude: ['**/node_modules'] }).sort()

/** The pins of a requirements file, with their hashes; without comments. */
const requirementsOf = (path: string) =>
  read(path)
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter(line => /^\s*[^\s#]/.test(line))

describe('The Python packages of the tests', () => {
  const installed = requirementsOf('tests/requirements.txt')

  it('are all pinned, with their hashes, and come from the index that pip is configured with', () => {
    expect(installed.length).toBeGreaterThan(20)
    const pinned = /^[\w.-]+(?:\[[^\]]+\])?==[\w.+!]+(?:\s*;[^-]*)?(?:\s+--hash=sha256:[\da-f]{64})+\s*$/
    expect(installed.filter(line => !pinned.test(line))).toEqual([])
  })

  it('include those of requirements.in, at the same versions', () => {
    const wanted = requirementsOf('tests/requirements.in').filter(line => line.includes('=='))
    expect(wanted.length).toBeGreaterThan(2)
    expect(wanted.filter(pin => !installed.some(line => line.startsWith(`${pin.trim()} `)))).toEqual([])
  })
})

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

it('package-lock.json has all that its packages depend on, optional packages too, since npm ci refuses it otherwise', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }
  /** The folders in which Node looks for what this one imports. */
  const placesAbove = (path: string): readonly string[] =>
    path === ''
      ? ['node_modules/']
      : [`${path}/node_modules/`, ...placesAbove(path.slice(0, Math.max(0, path.lastIndexOf('/'))))]
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter(name => !placesAbove(path).some(place => `${place}${name}` in packages))
      .map(name => `${path} needs ${name}`),
  )
  expect(Object.keys(packages).length).toBeGreaterThan(500)
  expect(missing).toEqual([])
})

it('The workflows run actions by the hash of their commit', () => {
  const used = files('.github/workflows/*.yml').flatMap(path => read(path).match(/(?<=uses:\s*)\S+/g) ?? [])
  expect(used.length).toBeGreaterThan(10)
  expect(used.filter(action => !/^\.\/|@[0-9a-f]{40}$/.test(action))).toEqual([])
})

interface Update {
  readonly 'package-ecosystem': string
  readonly directory?: string
  readonly directories?: readonly string[]
}

describe('The updates of dependencies', () => {
  const { updates }: { updates: readonly Update[] } = parse(read('.github/dependabot.yml'))
  const looked = updates.flatMap(({ 'package-ecosystem': ecosystem, directory, directories = [] }) =>
    [directory ?? [], ...directories].flat().map(folder => `${ecosystem} ${folder}`),
  )

  it.each([
    ['npm', files('**/package-lock.json')],
    [
      'docker',
      files('**/Dockerfile', 'charts/*/values.yaml').filter(path => /^FROM |tag: [^"\s]/m.test(read(path))),
    ],
    ['uv', files('**/requirements.txt')],
    ['github-actions', ['dependabot.yml']],
  ])('cover every folder with dependencies of the ecosystem %s', (ecosystem, found) => {
    expect(found).not.toEqual([])
    const folders = found.map(path => `${ecosystem} ${join('/', dirname(path))}`)
    expect(looked.filter(name => name.startsWith(ecosystem))).toEqual(folders)
  })
})

describe('Node', () => {
  const major = read('.nvmrc').trim()
  const manifestOf = (
    path: string,
  ): { engines?: { node: string }; devDependencies?: Record<string, string> } => JSON.parse(read(path))

  it('has one version: in packages, images, workflows and the packages of the services', () => {
    const { devDependencies = {} } = manifestOf('package.json')
    expect([devDependencies['node'], devDependencies['@types/node']].map(pin => pin?.split('.')[0])).toEqual([
      major,
      major,
    ])
    const images = files('Dockerfile', 'tests/cluster/support/*.ts', '.ci/run').flatMap(path =>
      [...read(path).matchAll(/\bnode(?:js|:)(\d+)-/g)].map(([image, version]) => [path, image, version]),
    )
    expect(images.length).toBeGreaterThan(2)
    expect(images.filter(([, , version]) => version !== major)).toEqual([])
    const workflows = files('.github/workflows/*.yml').map(read).join('')
    expect(workflows).toContain('node-version-file: .nvmrc')
    expect(workflows).not.toMatch(/node-version:/)
  })

  // The kit of the emulators is packed for older versions.
  it.each(files('services/{agent,weather-api}/package.json', 'emulators/!(kit)/package.json'))(
    'of that version or a later one is what %s asks for',
    path => {
      expect(manifestOf(path).engines?.node).toBe(`>=${major}`)
    },
  )
})
