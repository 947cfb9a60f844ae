import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAgents } from '@entra-agents/identity/core'
import { readEnvironment } from '@entra-agents/service-kit'
import { expect, it } from 'vitest'
import { folderWith, run, tenantId } from '../../../tests/support/agentctl.ts'
import { describeAgents } from '../src/agents.ts'

const api = [
  'notes:Notes.Read:Notes.Write+Notes.Delete',
  'mail:Mail.Read:Mail.Send',
  'maps:Maps.Read',
  'log::Log.Add',
]

function describe(texts: readonly string[]) {
  const [printed, said]: [string[], string[]] = [[], []]
  describeAgents({ api: texts }, { print: text => printed.push(text), say: text => said.push(text) })
  return { content: JSON.parse(printed.join('')), said: said.join('') }
}

it('agents describes a reader and an agent for each API that changes, in a file that the agent takes once ids are in it', () => {
  const { content, said } = describe(api)
  const ids = Object.entries(content.agents).map(([name, agent], index) => {
    return [name, { ...(agent as object), clientId: `22222222-2222-4222-8222-22222222222${index}` }]
  })
  const cwd = folderWith({ 'agents.json': JSON.stringify({ agents: Object.fromEntries(ids) }) })
  const blueprint = { tenantId, blueprintAppId: tenantId, authority: 'https://login.example' }
  const apis = ['notes', 'mail', 'maps', 'log']
  const agents = readEnvironment({ AGENTS_CONFIG: join(cwd, 'agents.json') }, env =>
    readAgents(env, blueprint, apis),
  )
  expect(agents.map(({ title, flows, apis, changes }) => [title, flows, apis, changes])).toEqual([
    ['Reader', ['obo'], apis, []],
    ['Notes', ['obo'], apis, ['notes']],
    ['Mail', ['obo'], apis, ['mail']],
    ['Log', ['obo'], apis, ['log']],
  ])
  expect(said).toContain(
    'apply --agents-config agents.json --agent reader:obo --agent notes:obo --agent mail:obo --agent log:obo\n',
  )
  const grants = said.split('\n').flatMap(line => (line.startsWith('  {') ? [JSON.parse(line)] : []))
  const grantsOf = (agent: string) =>
    grants.filter(({ clientId }) => clientId === `<principal of ${agent}>`).map(({ scope }) => scope)
  expect(grantsOf('reader')).toEqual(['Notes.Read', 'Mail.Read', 'Maps.Read'])
  expect(grantsOf('notes')).toEqual(['Notes.Read Notes.Write Notes.Delete', 'Mail.Read', 'Maps.Read'])
  expect(grantsOf('log')).toEqual(['Notes.Read', 'Mail.Read', 'Maps.Read', 'Log.Add'])
})

it.each([
  [['notes'], 'names no API with its scopes'],
  [['notes-:Notes.Read'], 'names no API with its scopes'],
  [['Notes:Notes.Read'], 'names no API with its scopes'],
  [['notes:Notes.Read:Notes.Write:x'], 'names no API with its scopes'],
  [['notes:Notes.Read', 'notes:Notes.List'], 'called notes'],
  [['reader:Notes.Read'], 'called reader'],
])('agents refuses --api %j', (texts, words) => {
  expect(() => describe(texts)).toThrow(words)
})

it('agents writes a new file only', async () => {
  const cwd = folderWith({ 'mine.json': '{}' })
  const args = ['agents', '--api', 'notes:Notes.Read', '--output']
  const refused = await run({ args: [...args, 'mine.json'], cwd })
  expect(refused).toMatchObject({ code: 2, said: expect.stringContaining('mine.json exists.') })
  expect(readFileSync(join(cwd, 'mine.json'), 'utf8')).toBe('{}')
  const made = await run({ args: [...args, 'new.json'], cwd })
  expect(made).toMatchObject({
    code: 0,
    output: '',
    said: expect.stringContaining('--agents-config new.json'),
  })
  expect(JSON.parse(readFileSync(join(cwd, 'new.json'), 'utf8')).agents).toHaveProperty('reader')
})
