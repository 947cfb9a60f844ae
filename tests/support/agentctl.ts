import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { processEnv } from './process-env.ts'

const wrapper = resolve(import.meta.dirname, '../../packages/agentctl/agentctl.mjs')
export const tenantId = '11111111-1111-4111-8111-111111111111'
const ids = ['TENANT_ID', 'BLUEPRINT_APP_ID', 'AGENT_CLIENT_ID', 'CLIENT_SPA_APP_ID', 'WEATHER_API_APP_ID']
export const dotenv = ids.map(name => `${name}=${tenantId}\n`).join('')

interface Call {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The file descriptor of the standard output; default: a pipe. */
  readonly stdout?: number
}

/** A folder that is nobody's clone, with these files. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'agentctl-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

export function start({ args, cwd, env = {}, stdout }: Call) {
  return spawn(wrapper, args, {
    cwd,
    env: { ...processEnv(), ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  })
}

/** `agentctl`, started as users start it, and without a terminal. */
export async function run(call: Call) {
  const child = start(call)
  const ended = once(child, 'exit')
  const [output, said] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ])
  const [code] = await ended
  return { code: code as number, output, said }
}
