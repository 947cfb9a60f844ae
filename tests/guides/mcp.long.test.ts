import { afterEach, expect, it } from 'vitest'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { identities } from '../support/identities.ts'
import { needs } from '../support/programs.ts'
import { readGuide } from './commands.ts'
import { root } from './project.ts'
import { GuideWalk } from './walk.ts'

needs('python')
needs('jq')

const [, section = ''] = /## A server of your own in the demo\n(.*?)\n## /s.exec(readGuide('mcp.md')) ?? []

const [otherClient = ''] = /\*\*In the demo\*\*.*?(?=\nA proxy)/s.exec(readGuide('mcp.md')) ?? []

let walk: GuideWalk
afterEach(() => walk.end())

/** The command of the guide that contains these words, with the local path of Python. */
function commandWith(words: string): string {
  return walk.commandWith(words).replace(/^python\/bin\/python/, launcherOf('python'))
}

const demoCommands = () => walk.linesWith('run demo').replace('../entra-bedrock-agent', root)

/** Starts server and demo by the guide, with `mcp.json` as `change` returns it. */
async function startNotesServer(change = (mcpConfig: string) => mcpConfig): Promise<void> {
  walk = await GuideWalk.begin(section, ['8000'])
  const names = new Set([...section.matchAll(/`(\w+\.(?:json|py|yaml))`/g)].map(([, name = '']) => name))
  expect([...names]).toEqual(['entra.yaml', 'notes_server.py', 'mcp.json'])
  for (const [index, name] of [...names].entries()) {
    const text = walk.files[index] ?? ''
    walk.write(name, name === 'mcp.json' ? change(text) : text)
  }
  await walk.start(commandWith('python notes_server.py'), 'running on')
  await walk.startDemo(demoCommands())
}

it('a server of another SDK answers the agent and its users, if the demo is started by the guide alone', async () => {
  await startNotesServer()

  // A turn does not wait for a server that is slow to list its tools.
  await expect
    .poll(async () => (await walk.ask()).tools)
    .toEqual([{ name: 'notes__get_note', arguments: { topic: 'Apollo' }, status: 'ok' }])
  const reply = await walk.ask()
  expect(reply.answer).toContain(`Apollo is due on Friday, reader: ${identities.agentId}`)

  const onBehalf = await walk.ask({ token: await walk.signIn(identities.ada.oid) })
  expect(onBehalf.answer).toContain(`reader: ${identities.ada.oid}`)
  const claims = onBehalf.trace.flatMap(({ token }) => (token?.role === 'TR' ? [token.claims] : []))
  expect(claims.at(-1)).toMatchObject({ azp: identities.agentId, oid: identities.ada.oid, scp: 'Notes.Read' })
})

it('a tool of an MCP server without readOnlyTools in mcp.json waits for the user’s approval, and is not offered without a user', async () => {
  await startNotesServer(text => text.replace(/,\s*"readOnlyTools": \["get_note"\]/, ''))
  const ada = await walk.signIn(identities.ada.oid)
  await expect
    .poll(() => walk.ask({ token: ada }))
    .toMatchObject({
      status: 'paused',
      kind: 'approval',
      calls: [{ title: 'Call get_note of notes', arguments: { topic: 'Apollo' } }],
    })
  expect((await walk.ask()).tools).toEqual([])
})

it('another client gets weather as itself from the demo’s MCP server, by the guide alone', async () => {
  walk = await GuideWalk.begin(otherClient, [])
  walk.write('entra.yaml', walk.files[0])
  await walk.startDemo(demoCommands())
  const answer = await walk.run(`${commandWith('TOKEN=')}; ${commandWith('tools/call')}`)
  expect(answer).toContain('Dallas')
  expect(answer).toContain('"caller":"99999999-0000-4000-8000-0000000000c1"')
})
