import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { findFreePort } from '../support/ports.ts'
import { needs } from '../support/programs.ts'
import { findPython } from '../support/python.ts'
import { signIn } from '../support/sign-in.ts'
import { readGuide } from './commands.ts'

needs('python')

const root = resolve(import.meta.dirname, '../..')
const [, section = ''] = /## A server of your own in the demo\n(.*?)\n## /s.exec(readGuide('mcp.md')) ?? []
/** The guide's files and commands, in the order in which it shows them. */
const files = [...section.matchAll(/```\w+\n(.*?)```/gs)].map(([, text = '']) => text.replace(/^ {3}/gm, ''))
const commands = section.replaceAll(/ \\\n +/g, ' ').match(/(?<=^ {7})(?! )\S.*$/gm) ?? []

/** Ports that the guide names, and where the test has them, so that other tests may run beside it. */
const ports = new Map<string, number>()
const started: { child: ChildProcess; ended: Promise<unknown> }[] = []
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guide-mcp-'))
  for (const port of ['3001', '7001', '8000']) ports.set(port, await findFreePort())
})
afterAll(async () => {
  for (const { child, ended } of started.reverse()) {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid)
    await ended
  }
  rmSync(folder, { recursive: true })
})

function atOurPorts(text: string): string {
  return text.replaceAll(/(?<=localhost:|port=)\d{4}/g, port => String(ports.get(port) ?? port))
}

/** The command of the guide that has these words; the clone and Python are where they are here. */
function commandWith(words: string): string {
  const command = commands.find(line => line.includes(words))
  if (!command) throw new Error(`The guide has no command with ${words}.`)
  return atOurPorts(command)
    .replace('../entra-bedrock-agent', root)
    .replace(/^python\/bin\/python/, findPython())
}

/** Runs a command of the guide in the user's folder until it prints the text. */
async function start(command: string, text: string): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${command.replace(/^(?=\w+=)/, 'env ')}`], {
    cwd: folder,
    env: await environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push({ child, ended: once(child, 'close') })
  let output = ''
  await new Promise<void>((found, failed) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        output += data.toString()
        if (output.includes(text)) found()
      })
    child.once('close', () => failed(new Error(`${command} ended:\n${output}`)))
  })
}

async function environment(): Promise<NodeJS.ProcessEnv> {
  const [PORT, ENTRA_PORT] = [ports.get('3001'), ports.get('7001')].map(String)
  const others = await Promise.all(
    ['SIDECAR_PORT', 'WEATHER_API_PORT', 'BEDROCK_PORT', 'METRICS_PORT'].map(
      async name => [name, String(await findFreePort())] as const,
    ),
  )
  return { PATH: process.env['PATH'], PORT, ENTRA_PORT, ...Object.fromEntries(others) }
}

/** Sends what the guide's curl command sends, or the same question on behalf of a user. */
async function ask(token?: string): Promise<ChatResponse> {
  const [, url = '', body = ''] = /curl -s (\S+) .*-d '(.*)'/.exec(commandWith('curl')) ?? []
  const response = await fetch(`http://${url}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: token === undefined ? body : body.replace('autonomous', 'obo'),
  })
  return (await response.json()) as ChatResponse
}

it('a server of another SDK answers the agent and its users in the demo, by the guide for MCP servers alone', async () => {
  const names = [...section.matchAll(/`(\w+\.(?:json|py))`/g)].map(([, name = '']) => name)
  expect(names).toEqual(['registrations.json', 'notes_server.py', 'mcp.json'])
  for (const [index, name] of names.entries())
    writeFileSync(join(folder, name), atOurPorts(files[index] ?? ''))
  await start(commandWith('python notes_server.py'), 'running on')
  await start(commandWith('make -C'), 'Ready:')

  const reply = await ask()
  expect(reply).toMatchObject({
    tools: [{ name: 'notes__get_note', arguments: { topic: 'Apollo' }, status: 'ok' }],
  })
  expect(reply.answer).toContain(`Apollo is due on Friday, reader: ${identities.agentId}`)

  const agentUrl = `http://localhost:${ports.get('3001')}`
  const ada = await signIn({
    entraUrl: `http://localhost:${ports.get('7001')}`,
    redirectUri: `${agentUrl}/auth/redirect.html`,
    user: identities.ada.oid,
  })
  const onBehalf = await ask(ada)
  expect(onBehalf.answer).toContain(`reader: ${identities.ada.oid}`)
  const claims = onBehalf.trace.flatMap(({ token }) => (token?.role === 'TR' ? [token.claims] : []))
  expect(claims.at(-1)).toMatchObject({ azp: identities.agentId, oid: identities.ada.oid, scp: 'Notes.Read' })
})
