import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { doctorProblems } from '@entra-agents/agentctl/doctor/problems'
import { transportFaults } from '@entra-agents/emulator-kit'
import { describe, expect, it } from 'vitest'
import { performancePage, withSizes } from '../bench/support/pages.ts'
import { operationsFile, performanceFile, readResults } from '../bench/support/report.ts'
import { faults as bedrockFaults } from '../emulators/bedrock/src/control/controls.ts'
import { faults as entraFaults } from '../emulators/entra/src/emulator/faults.ts'
import { troubleshootingFile, troubleshootingPage } from '../scripts/troubleshooting.ts'
import { blocksOf } from './guides/commands.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')

/** The text of every source file below these folders, tests aside. */
function readSources(folders: readonly string[]): string {
  return folders
    .flatMap(folder => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }))
    .filter(path => !/\/(node_modules|dist|testing)\/|\.test\.tsx?$/.test(path))
    .map(read)
    .join('\n')
}

/** What coding agents read. */
const pagesOfAgents = ['AGENTS.md', ...globSync('.agents/skills/*/SKILL.md', { cwd: root })]
const pages = [
  '*.md',
  'docs/*.md',
  '{examples,detections}/README.md',
  '{packages,emulators,charts}/*/README.md',
]
  .flatMap(pattern => globSync(pattern, { cwd: root }))
  .concat(pagesOfAgents.slice(1))
const variablePattern = '(?:[A-Z][A-Z0-9]*_[A-Z0-9_]+|HOST|PORT|EMULATED)'
const problemCodes = new Set(namesIn(read('docs/troubleshooting.md'), /`([A-Z_]+)`/g))
/** Error codes of Node and its libraries. */
const errorCodePattern = /^(ERR|HPE|UND_ERR)_|^(MODEL_STREAM_TIMEOUT|UNRESOLVED_IMPORT)$/

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(match => match[1] ?? '')
}

/** The quoted names of variables in the code. */
function variablesInCode(): readonly string[] {
  const code = readSources(['services/{agent,*-api}', 'packages/telemetry', 'scripts'])
  return namesIn(code, new RegExp(`'(${variablePattern})'`, 'g')).filter(
    name => !problemCodes.has(name) && !errorCodePattern.test(name),
  )
}

/** The variables of `.env.example` and of the configuration pages. */
function documentedVariables(): readonly string[] {
  const pages = ['docs/configuration.md', 'docs/bedrock.md', 'CONTRIBUTING.md'].map(read).join('\n')
  const explained = namesIn(pages, new RegExp(`\`(${variablePattern})[\`=]`, 'g'))
  return [...namesIn(read('.env.example'), /^([A-Z0-9_]+)=/gm), ...explained].filter(
    name => !problemCodes.has(name),
  )
}

/** The commands of this repository, and whether the script, target, file, option or archive that they name is there. */
// biome-ignore format: table
const commandsHere: readonly (readonly [pattern: RegExp, isThere: (name: string) => boolean])[] = [
  [/^npm ci()$/, () => true],
  [/^npm run (\S+)$/, script => script in JSON.parse(read('package.json')).scripts],
  [/^make (\S+)$/, target => read('Makefile').includes(`\n${target}:`)],
  [/^npx vitest (?:run|related --run) (\S+)(?: -u)?$/, path => existsSync(resolve(root, path))],
  [/^npx --no-install agentctl (doctor)$/, () => true],
  [/^npx --no-install agentctl entra (\w+)$/, command => existsSync(resolve(root, `packages/agentctl/tests/entra/golden/help-of-${command}.txt`))],
  [/^npx --no-install agentctl doctor (--\w+) \S+$/, option => read('packages/agentctl/src/agentctl.ts').includes(`'${option} <`)],
  [/^npm install (?:--save-dev )?\.\.\/entra-bedrock-agent\/dist\/packages\/entra-agents-(\w+)\.tgz$/, name => 'publishConfig' in JSON.parse(read(name === 'emulators' ? 'emulators/kit/package.json' : `packages/${name}/package.json`))],
]

function isCommandHere(line: string): boolean {
  return commandsHere.some(([pattern, isThere]) => {
    const [, name] = pattern.exec(line) ?? []
    return name !== undefined && isThere(name)
  })
}

describe('the documentation', () => {
  it('lists every problem of the catalogues (npm run troubleshooting)', () => {
    expect(readFileSync(troubleshootingFile, 'utf8')).toBe(troubleshootingPage())
  })

  it('has the figures of the last benchmarks (make bench)', () => {
    const results = readResults()
    expect(readFileSync(performanceFile, 'utf8')).toBe(performancePage(results))
    const operations = readFileSync(operationsFile, 'utf8')
    expect(withSizes(operations, results)).toBe(operations)
  })

  it.each([
    ['packages/emulator-kit', transportFaults],
    ['emulators/entra', entraFaults],
    ['emulators/bedrock', bedrockFaults],
  ])('lists every fault in the README of %s', (folder, faults) => {
    const listed = namesIn(read(`${folder}/README.md`), /[`"]([a-z-]+)[`"]/g)
    expect(Object.keys(faults).filter(kind => !listed.includes(kind))).toEqual([])
  })

  it('lists the problems of every file `problems.ts`', () => {
    const files = globSync('{services,packages}/*/src/**/problems.ts', { cwd: root })
    const listed = globSync('scripts/troubleshooting{,/*}.ts', { cwd: root }).map(read).join('\n')
    expect(files.length).toBeGreaterThan(5)
    const isListed = (file: string) =>
      listed.includes(`/${file}'`) || listed.includes(`'@entra-agents/${file.split('/')[1]}`)
    expect(files.filter(file => !isListed(file) && !file.startsWith('packages/service-kit'))).toEqual([])
  })

  it('lists no problem of the doctor that is missing in the doctor’s tests', () => {
    const tests = globSync(
      [
        'packages/agentctl/{tests,tests/weather,src}/doctor/*.{test.ts,txt}',
        'packages/agentctl/tests/weather/doctor/support/faults.ts',
      ],
      { cwd: root },
    )
      .map(read)
      .join('\n')
    const made = namesIn(tests, /\b([A-Z_]+)\b/g)
    expect(Object.keys(doctorProblems).filter(code => !made.includes(code))).toEqual([])
  })

  it('names only make targets that exist', () => {
    const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(match => match[1]))
    const named = ['README.md', 'CONTRIBUTING.md'].flatMap(path =>
      [...read(path).matchAll(/\bmake ([a-z-]+)/g)].map(match => match[1]),
    )
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(target => !targets.has(target))).toEqual([])
  })

  it.each(pagesOfAgents)('shows only commands that exist to coding agents in %s', page => {
    const lines = blocksOf(page).flatMap(block => block.lines)
    expect(lines.length).toBeGreaterThan(4)
    expect(lines.filter(line => !isCommandHere(line))).toEqual([])
  })

  it('has skills of the form by which coding agents find them (agentskills.io)', () => {
    expect(pagesOfAgents.length).toBeGreaterThan(1)
    for (const page of pagesOfAgents.slice(1)) {
      const [, name, description = ''] = /^---\nname: (\S+)\ndescription: (.*)\n---\n/.exec(read(page)) ?? []
      expect([page, description.length > 0]).toEqual([`.agents/skills/${name}/SKILL.md`, true])
      expect(description.length).toBeLessThanOrEqual(1_024)
      expect(read(page).split('\n').length).toBeLessThan(100)
    }
  })

  it('explains every variable that a service or the demo reads', () => {
    const documented = new Set(documentedVariables())
    expect(variablesInCode().length).toBeGreaterThan(60)
    expect(variablesInCode().filter(name => !documented.has(name))).toEqual([])
  })

  it('explains only variables that something reads', () => {
    const others = ['Dockerfile', '.github/workflows/release.yml'].map(read).join('')
    const code = readSources(['services', 'packages', 'emulators', 'scripts']) + others
    expect(documentedVariables().length).toBeGreaterThan(60)
    expect(documentedVariables().filter(name => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([])
  })

  it('links only to files that exist', () => {
    const links = pages.flatMap(page =>
      namesIn(read(page), /\]\((?!https?:|#)([^)#]+)/g).map(link => resolve(root, page, '..', link)),
    )
    expect(links.length).toBeGreaterThan(40)
    expect(links.filter(link => !existsSync(link))).toEqual([])
  })

  it('names only files and folders that exist', () => {
    const folders = readdirSync(root, { withFileTypes: true }).filter(
      entry => entry.isDirectory() && !['node_modules', 'dist'].includes(entry.name),
    )
    const path = new RegExp(`\`((?:${folders.map(({ name }) => name).join('|')})/[\\w./{},*-]*)\``, 'g')
    // These pages name folders that their readers create.
    const named = pages
      .filter(page => !/^docs\/(second-api|your-own)\.md$/.test(page))
      .flatMap(page => namesIn(read(page), path))
    expect(named.length).toBeGreaterThan(60)
    expect(named.filter(pattern => globSync(pattern, { cwd: root }).length === 0)).toEqual([])
  })

  it('names, in docs/architecture.md and the packages’ READMEs, only functions, types and members that the code has', () => {
    const code = readSources(['services', 'packages', 'emulators', 'scripts']) + read('tsconfig.json')
    const words = new Set(code.match(/\w+/g))
    const texts = ['docs/architecture.md', ...globSync('{packages,services}/*/README.md', { cwd: root })]
    const named = namesIn(texts.map(read).join('\n'), /`(?:\w+\.)*(\w*[a-z][A-Z]\w*)`/g)
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter(name => !words.has(name))).toEqual([])
  })
})

it('.dockerignore keeps .env files out of the images', () => {
  expect(read('.dockerignore').split('\n')).toContain('**/.env*')
})
