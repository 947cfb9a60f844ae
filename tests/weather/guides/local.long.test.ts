import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { graphToken, startEmptyTenant, Workplace } from '@entra-agents/agentctl/testing/workplace'
import { expect, it } from 'vitest'
import { blocksOf } from '../../guides/commands.ts'
import { findFreePort } from '../../support/ports.ts'

const root = resolve(import.meta.dirname, '../../..')

/** Starts a command, checks its health, and ends it with all its children. */
async function probe(words: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  const [program = '', ...args] = words
  const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines: string[] = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (line.includes('listening')) return (await fetch(`http://localhost:${env['PORT']}/livez`)).status
    }
    throw new Error(`${words.join(' ')} ended: ${lines.join('\n')}`)
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid)
    await ended
  }
}

it('both services start as the guide for a laptop says, with the .env that agentctl entra apply wrote', async () => {
  await using entra = await startEmptyTenant()
  using workplace = new Workplace(entra.url, await graphToken(entra))
  expect((await workplace.run('apply', '--client-secret')).code).toBe(0)
  const commands = blocksOf('docs/local-with-real-entra.md')
    .filter(({ label }) => label === 'start')
    .map(({ lines }) => ({ words: lines.at(-1)?.split(' ') ?? [] }))
  expect(commands.map(({ words }) => words.at(-1))).toEqual([
    'services/weather-api/src/main.ts',
    'services/agent/src/main.ts',
  ])
  for (const { words } of commands) {
    const start = words.map(word => (word === '--env-file=.env' ? `--env-file=${workplace.envPath}` : word))
    const [PORT, METRICS_PORT] = [String(await findFreePort()), String(await findFreePort())]
    const env = { PATH: process.env['PATH'], PORT, METRICS_PORT, ENTRA_AUTHORITY: entra.url }
    expect([start, await probe(start, env)]).toEqual([start, 200])
  }
})
