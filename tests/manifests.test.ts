import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const workspaces = '{packages,services,emulators,scripts}/*/package.json'
const files = ['package.json', ...globSync(workspaces, { cwd: root })].map(path => path.replaceAll('\\', '/'))

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly repository?: object
}
const read = (path: string) => JSON.parse(readFileSync(resolve(root, path), 'utf8')) as Manifest

/** A program that npm finds, and plain words: cmd.exe reads such a line as a POSIX shell does. */
const plainCommand = /^(?:node|npm|biome|tsc|vite|vitest)(?: [\w@:./=-]+)*$/

describe.each(files)('%s', path => {
  it('has, but for start, only scripts that cmd.exe runs as a POSIX shell does', () => {
    const { start: _start, ...scripts } = read(path).scripts ?? {}
    const commands = Object.values(scripts).flatMap(script => script.split(' && '))
    expect(commands.filter(command => !plainCommand.test(command))).toEqual([])
  })

  // With exec a signal to npm reaches Node itself. cmd.exe has no exec: there, node starts src/main.ts.
  it('starts a process of its own by npm start, which hands signals on', () => {
    const isProcess = !path.startsWith('packages/') && existsSync(resolve(root, dirname(path), 'src/main.ts'))
    expect(read(path).scripts?.['start']).toBe(isProcess ? 'exec node src/main.ts' : undefined)
  })

  it('names the repository, and its own folder in it', () => {
    const folder = dirname(path)
    expect(read(path).repository).toEqual({
      type: 'git',
      url: 'git+https://github.com/entra-bedrock-agent/entra-bedrock-agent.git',
      ...(folder === '.' ? {} : { directory: folder }),
    })
  })
})
