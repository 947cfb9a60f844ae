import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { processEnv } from './support/process-env.ts'

const wrapper = resolve(import.meta.dirname, '../scripts/agentctl/agentctl.mjs')
const [tenantId, otherId] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
const ids = ['TENANT_ID', 'BLUEPRINT_APP_ID', 'AGENT_CLIENT_ID', 'CLIENT_SPA_APP_ID', 'WEATHER_API_APP_ID']
const dotenv = ids.map(name => `${name}=${tenantId}\n`).join('')

interface Call {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** The file descriptor of the standard output; default: a pipe. */
  readonly stdout?: number
}

/** A folder that is nobody's clone, with these files. */
function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'agentctl-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

function start({ args, cwd, env = {}, stdout }: Call) {
  return spawn(wrapper, args, {
    cwd,
    env: { ...processEnv(), ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  })
}

/** `agentctl`, started as users start it, and without a terminal. */
async function run(call: Call) {
  const child = start(call)
  const ended = once(child, 'exit')
  const [output, said] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ])
  const [code] = await ended
  return { code: code as number, output, said }
}

describe('agentctl', () => {
  it('ends its command, too, if a signal comes to it alone', async () => {
    const asked = Promise.withResolvers<IncomingMessage>()
    const silent = createServer(request => asked.resolve(request)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => {
      silent.closeAllConnections()
      silent.close()
    })
    const child = start({
      args: ['entra', 'plan', '--tenant', tenantId, '--access-token-file', 'token'],
      cwd: folderWith({ token: 'e30.e30.' }),
      env: { GRAPH_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` },
    })
    const { socket } = await asked.promise
    const isCommandGone = once(socket, 'close')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
    await isCommandGone
  })

  it.each([
    [['-h'], 0, 'Usage: npx --no-install agentctl [options] [command]'],
    [['--version'], 0, '0.1.0\n'],
  ])('answers %j', async (args, code, words) => {
    expect(await run({ args, cwd: tmpdir() })).toEqual({
      code,
      output: expect.stringContaining(words),
      said: '',
    })
  })

  it.each([
    [[], 'Usage: npx --no-install agentctl [options] [command]'],
    [['docter'], "unknown command 'docter'\n(Did you mean doctor?)"],
    [['disable'], 'npx --no-install agentctl entra disable'],
    [['entra', 'plan'], 'name it with --tenant'],
    [['helm-values', '--dotenv', '/'], '/ can’t be read: EISDIR'],
  ])('refuses %j with words', async (args, words) => {
    const { code, said, output } = await run({ args, cwd: folderWith() })
    expect(said).toContain(words)
    expect([code, output]).toEqual([2, ''])
  })
})

describe('sidecar-env', () => {
  it.each([
    ['0', '-h'],
    ['2', '--dotnev', 'x'],
  ])('writes nothing, with exit code %s, if it is called with %s', async (expected, ...args) => {
    const cwd = folderWith({ '.env': dotenv })
    const { code } = await run({ args: ['sidecar-env', ...args], cwd })
    expect(String(code)).toBe(expected)
    expect(existsSync(join(cwd, 'sidecar.env'))).toBe(false)
  })

  it('reads the file that --dotenv names, and variables of the shell before it, and writes a file for the user alone', async () => {
    const cwd = folderWith({ other: `${dotenv}BLUEPRINT_CLIENT_SECRET=s3cret\n`, out: 'old' })
    const env = { ENTRA_AUTHORITY: 'https://login.example' }
    const { code, output } = await run({
      args: ['sidecar-env', '--dotenv', 'other', '--output', 'out'],
      cwd,
      env,
    })
    expect([code, output]).toEqual([0, expect.stringContaining('out is written.')])
    expect(readFileSync(join(cwd, 'out'), 'utf8')).toMatch(/Instance=https:\/\/login\.example(.|\n)*s3cret/)
    expect(statSync(join(cwd, 'out')).mode & 0o777).toBe(0o600)
  })
})

describe('helm-values', () => {
  it('writes the file that --output names as UTF-8, whatever the shell would make of it', async () => {
    const agents = { weather: { title: 'Wetter für alle', clientId: otherId, flows: ['autonomous'] } }
    const cwd = folderWith({
      mine: `${dotenv}AGENTS_CONFIG=agents.json\n`,
      'agents.json': JSON.stringify({ agents }),
    })
    const args = ['helm-values', '--dotenv', 'mine', '--output', 'entra.yaml']
    expect(await run({ args, cwd })).toEqual({ code: 0, output: '', said: '' })
    expect(JSON.parse(readFileSync(join(cwd, 'entra.yaml'), 'utf8')).agents).toEqual(agents)
  })

  it('fails in words if its output is lost, as on a full disk', async () => {
    const cwd = folderWith({ '.env': dotenv })
    const { code, said } = await run({ args: ['helm-values'], cwd, stdout: openSync('/dev/full', 'w') })
    expect(said).toMatch(/ENOSPC.*\n {2}Cause: .*\n {2}Fix: /)
    expect(code).toBe(1)
  })
})
