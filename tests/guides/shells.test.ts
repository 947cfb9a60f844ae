import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isProgramMissing } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { type Block, blocksOf } from './commands.ts'

const root = resolve(import.meta.dirname, '../..')
const markdownFiles = ['README.md', ...globSync('{docs,k8s,charts}/**/*.md', { cwd: root })]

/** What PowerShell, or a Windows with it, does not know or takes for something else. */
// biome-ignore format: table
const bashOnlySyntax: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a placeholder: < is reserved', /<[a-z][^>]*>/i],
  ['&& and ||', /&&|\|\|/],
  ['export', /^export /],
  ['a line that goes on', /[\\|]$/],
  ['the output of a command as a word', /\$\(|`/],
  ['a variable for one command', /^\w+=/],
  ['a here-document', /<</],
  ['a device', /\/dev\//],
  ['a background process', /&$/],
  ['a program that Windows lacks', /(?:^|[|(] *)(?:make|printf|openssl|base64|head|umask|python3)\b/],
  ['a shell script', /\.sh\b/],
  ['the bin folder of Python', /\bpython\/bin\//],
]

const powerShellOnlySyntax: typeof bashOnlySyntax = [
  ['a variable of the environment', /\$env:/],
  ['an assignment', /^\$\w+ *=/],
  ['a hash table', /@\{/],
  ['a cmdlet', /\b(?:ConvertTo|Get|Invoke|Out|Set)-[A-Z]/],
  ['a member of .NET', /\]::/],
  ['the Scripts folder of Python', /\bScripts\//],
]

/** What a line does, in words that both shells share. */
function meaning(line: string): readonly string[] {
  // biome-ignore format: table
  const forms: readonly (readonly [form: RegExp, words: string])[] = [
    [/^(?:export )?(\w+)=\$\((.*)\)$/, '$1 is what $2 prints'],
    [/^\$(?:env:)?(\w+) = ([^'"].*)$/, '$1 is what $2 prints'],
    [/^(?:export )?(\w+)=([^']*)$/, '$1 is $2'],
    [/^\$(?:env:)?(\w+) = (?:'(.*)'|"(.*)")$/, '$1 is $2$3'],
    [/^(\w+)\(\) \{ (.*); \}$/, '$1 does $2'],
    [/^function (\w+) \{ (.*) \}$/, '$1 does $2'],
    [/^python\/(?:bin|Scripts)\/(?:python3?|(\w+))\b/, 'Python’s $1'],
    [/^python3? /, 'python '],
    [/^\(umask 077 && (.*)\)$/, '$1'],
    [/^make demo$/, 'npm ci\nnpm run demo'],
  ]
  const [form, words] = forms.find(([form]) => form.test(line)) ?? []
  return (form && words ? line.replace(form, words) : line).split('\n')
}

function findSyntax(blocks: readonly Block[], syntax: typeof bashOnlySyntax): readonly string[] {
  return blocks
    .flatMap(({ lines }) => lines)
    .flatMap(line => syntax.filter(([, pattern]) => pattern.test(line)).map(([what]) => `${what}: ${line}`))
}

describe.each(markdownFiles)('The commands of the guide %s', path => {
  const blocks = blocksOf(path)
  const ofShell = (shell: Block['shell']) => blocks.filter(block => block.shell === shell)
  const needsWsl = ({ label, before }: Block) => label === 'wsl' && /\bWSL\b/.test(before)
  const pairs = blocks.flatMap((block, index) =>
    block.shell === 'bash' && !needsWsl(block) ? [{ bash: block, powershell: blocks[index + 1] }] : [],
  )

  it('are the same in both shells, or are given for each shell with the same programs and arguments, or say that they need WSL', () => {
    for (const { bash, powershell } of pairs) {
      expect(powershell?.shell).toBe('powershell')
      expect(powershell?.label).toBe(bash.label)
      expect(powershell?.isMarked).toBe(bash.isMarked)
      // Each shell makes seal keys with programs of its own. Another test runs these commands.
      if (bash.label !== 'seal-keys')
        expect(powershell?.lines.flatMap(meaning)).toEqual(bash.lines.flatMap(meaning))
    }
    expect(ofShell('powershell')).toHaveLength(pairs.length)
  })

  it('use no syntax that one of the shells they are for does not know', () => {
    expect(findSyntax(ofShell('sh'), [...bashOnlySyntax, ...powerShellOnlySyntax])).toEqual([])
    expect(findSyntax(ofShell('bash'), powerShellOnlySyntax)).toEqual([])
    const ownWords = ['the output of a command as a word']
    const foreign = bashOnlySyntax.filter(([what]) => !ownWords.includes(what))
    expect(findSyntax(ofShell('powershell'), foreign)).toEqual([])
  })

  it('stand in blocks that name their shell', () => {
    const text = readFileSync(resolve(root, path), 'utf8').replaceAll(/^( *)```\w.*\n[\s\S]*?^\1```$/gm, '')
    const commandLine =
      /^ *(?:npx|npm|node|make|az|aws|eksctl|kubectl|helm|docker|tilt|cosign|curl|printf|export|python3?|charts\/\S+\.sh|[A-Z_]+=\S+) .*$/gm
    const unnamed = (text.match(/(?:^ {4,}\S.*|^```\n[\s\S]*?^```)$/gm) ?? []).flatMap(
      code => code.match(commandLine) ?? [],
    )
    expect(unnamed).toEqual([])
  })

  it('are understood by the shell itself', async () => {
    const lines = [...ofShell('bash'), ...ofShell('sh')].flatMap(({ lines }) => lines)
    await run('bash', ['-n', '-c', lines.join('\n')])
  })
})

it('PowerShell understands its blocks', async ({ skip }) => {
  if (isProgramMissing('pwsh')) skip('There is no pwsh on the PATH.')
  const lines = markdownFiles
    .flatMap(blocksOf)
    .filter(({ shell }) => shell !== 'bash')
    .flatMap(({ lines }) => lines)
  const parse = '$null = [ScriptBlock]::Create([Console]::In.ReadToEnd())'
  await run('pwsh', ['-NoProfile', '-Command', parse], { input: lines.join('\n') })
})

it('What the guides write into files is ignored by git, and a token in bash is for the user alone', async () => {
  const lines = markdownFiles.flatMap(path =>
    blocksOf(path).flatMap(({ shell, lines }) => lines.map(line => ({ shell, line }))),
  )
  const written = lines.flatMap(
    ({ line }) => /(?:[^>]> ?|helm-values --output )([\w./-]+)/.exec(line)?.[1] ?? [],
  )
  expect(written).toContain('graph-token')
  const ignored = await run('git', ['check-ignore', ...new Set(written)], { cwd: root })
  expect(ignored.trim().split('\n').sort()).toEqual([...new Set(written)].sort())
  const ofTokens = lines.filter(
    ({ shell, line }) => shell !== 'powershell' && /get-access-token.*>/.test(line),
  )
  expect(ofTokens).not.toEqual([])
  for (const { line } of ofTokens) expect(line).toMatch(/^\(umask 077 && /)
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
    const help = run('npx', ['--no-install', 'agentctl', 'helm-values', '--help'], { cwd: root })
    await expect(help).resolves.toContain('agentctl helm-values [options]')
    const nonsense = run(join(root, 'packages/agentctl/agentctl.mjs'), ['nonsense'])
    await expect(nonsense).rejects.toThrow(/ended with 2: .*unknown command 'nonsense'/)
  })
})
