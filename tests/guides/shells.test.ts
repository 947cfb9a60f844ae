import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Block, blocksOf } from './commands.ts'

const root = resolve(import.meta.dirname, '../..')
const guides = [
  'README.md',
  ...['aks', 'audit', 'bedrock', 'clean-up', 'eks', 'local-with-real-entra', 'operations'].map(
    name => `docs/${name}.md`,
  ),
]
const markdownFiles = ['README.md', ...globSync('{docs,k8s,charts}/**/*.md', { cwd: root })]

/** What PowerShell does not know, or takes for something else. */
// biome-ignore format: table
const bashOnlySyntax: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a placeholder: < is reserved', /<[a-z][^>]*>/i],
  ['&& and ||', /&&|\|\|/],
  ['export', /^export /],
  ['a line that goes on', /\\$/],
  ['the output of a command as a word', /\$\(|`/],
  ['a variable for one command', /^\w+=/],
  ['a here-document', /<</],
  ['/dev/null', /\/dev\/null/],
  ['a background process', /&$/],
]

/** What a line does, in words that both shells share. */
function meaning(line: string): string {
  // biome-ignore format: table
  const forms: readonly (readonly [form: RegExp, words: string])[] = [
    [/^(?:export )?(\w+)=\$\((.*)\)$/, '$1 is what $2 prints'],
    [/^\$(?:env:)?(\w+) = ([^'].*)$/, '$1 is what $2 prints'],
    [/^(?:export )?(\w+)=([^']*)$/, '$1 is $2'],
    [/^\$(?:env:)?(\w+) = '(.*)'$/, '$1 is $2'],
    [/^(\w+)\(\) \{ (.*); \}$/, '$1 does $2'],
    [/^function (\w+) \{ (.*) \}$/, '$1 does $2'],
  ]
  const [form, words] = forms.find(([form]) => form.test(line)) ?? []
  return form && words ? line.replace(form, words) : line
}

describe.each(guides)('The commands of the guide %s', path => {
  const blocks = blocksOf(path)
  const pairs: (readonly [Block, Block | undefined])[] = blocks.flatMap((block, index) =>
    block.shell === 'bash' ? [[block, blocks[index + 1]] as const] : [],
  )

  it('are the same in both shells, or are given for each shell with the same programs and arguments', () => {
    for (const [bash, powershell] of pairs) {
      expect(powershell?.shell).toBe('powershell')
      expect(powershell?.isMarked).toBe(bash.isMarked)
      expect(powershell?.lines.map(meaning)).toEqual(bash.lines.map(meaning))
    }
    expect(blocks.filter(({ shell }) => shell === 'powershell')).toHaveLength(pairs.length)
  })

  it('use no syntax of bash where PowerShell runs them', () => {
    const lines = blocks.filter(({ shell }) => shell !== 'bash').flatMap(({ lines }) => lines)
    const found = lines.flatMap(line =>
      bashOnlySyntax.filter(([, pattern]) => pattern.test(line)).map(([what]) => `${what}: ${line}`),
    )
    expect(found).toEqual([])
  })

  it('stand in blocks that name their shell', () => {
    const text = readFileSync(resolve(root, path), 'utf8')
    const unnamed = text.match(/^ {4}(?:npx|npm|az|aws|kubectl|helm|docker|export|python3?) .*$/gm) ?? []
    expect(path === 'README.md' ? [] : unnamed).toEqual([])
  })
})

it('The README and the guides ask the demo by a line that both shells read alike', () => {
  const lines = markdownFiles.flatMap(
    path => readFileSync(resolve(root, path), 'utf8').match(/^ +curl .*\/api\/chat.*$/gm) ?? [],
  )
  expect(lines).not.toEqual([])
  for (const line of lines)
    for (const [what, pattern] of bashOnlySyntax)
      expect([what, line]).not.toEqual([what, expect.stringMatching(pattern)])
})

describe('agentctl', () => {
  it('is called by `npx --no-install` only, since npx would download what somebody registered under its name', () => {
    const careless = markdownFiles.flatMap(path =>
      (readFileSync(resolve(root, path), 'utf8').match(/\bnpx\b.*$/gm) ?? [])
        .filter(call => !call.startsWith('npx --no-install '))
        .map(call => `${path}: ${call}`),
    )
    expect(careless).toEqual([])
  })

  it('runs in the clone', async () => {
    const npx = promisify(execFile)('npx', ['--no-install', 'agentctl', 'helm-values', '--help'], {
      cwd: root,
    })
    expect((await npx).stdout).toContain('agentctl helm-values > entra.yaml')
    const nonsense = promisify(execFile)(join(root, 'scripts/agentctl/agentctl.mjs'), ['nonsense'])
    await expect(nonsense).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no command "nonsense".'),
    })
  })

  it('is not fetched outside the clone, even if somebody has registered its name', async () => {
    const asked: string[] = []
    const registry = createServer(({ url = '' }, response) => {
      asked.push(url)
      const dist = { tarball: `http://${registryAddress()}/agentctl.tgz`, shasum: '0'.repeat(40) }
      const version = { name: 'agentctl', version: '1.0.0', bin: { agentctl: 'theirs.js' }, dist }
      const versions = { '1.0.0': version }
      response.end(JSON.stringify({ name: 'agentctl', 'dist-tags': { latest: '1.0.0' }, versions }))
    })
    const registryAddress = () => `127.0.0.1:${(registry.address() as AddressInfo).port}`
    const folder = await mkdtemp(join(tmpdir(), 'elsewhere-'))
    await new Promise<void>(listening => registry.listen(0, '127.0.0.1', listening))
    try {
      const env = {
        ...process.env,
        npm_config_registry: `http://${registryAddress()}`,
        npm_config_cache: join(folder, 'cache'),
        npm_config_update_notifier: 'false',
      }
      const call = promisify(execFile)('npx', ['--no-install', 'agentctl', '--help'], { cwd: folder, env })
      await expect(call).rejects.toThrow()
      expect(asked.filter(url => url.endsWith('.tgz'))).toEqual([])
    } finally {
      registry.closeAllConnections()
      registry.close()
      await rm(folder, { recursive: true })
    }
  })
})
