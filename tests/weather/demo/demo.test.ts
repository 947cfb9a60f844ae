import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { type ChatResponse, type PublicConfig, writeLink } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { needs } from '../../support/programs.ts'
import { commandInTerminal, isOpenToOthers, root, startDemo } from './support/start-demo.ts'

const ctrlC = '\u0003'

/** Runs the curl command of the README with another port. */
async function runCurlOfReadme(port: number): Promise<string> {
  const readme = readFileSync(resolve(root, 'README.md'), 'utf8')
  const curl = /^(curl .*)$/m.exec(readme)?.[1]
  if (!curl) throw new Error('README.md has no curl command.')
  const { stdout } = await promisify(execFile)('sh', ['-c', curl.replace(':3001', `:${port}`)])
  return stdout
}

async function ask(port: number, request: object): Promise<ChatResponse> {
  const message = 'Ask weather-tools for the weather in Oslo'
  const question = { message, flow: 'autonomous', ...request }
  const response = await postJson(`http://localhost:${port}/api/chat`, question)
  return (await response.json()) as ChatResponse
}

/** The page to which the demo's link “What Entra saw” leads for the token request of a turn. */
async function readWhatEntraSaw(port: number, { trace }: ChatResponse): Promise<string> {
  const config = (await (await fetch(`http://localhost:${port}/api/config`)).json()) as PublicConfig
  const { logIds = {} } = trace.find(({ kind }) => kind === 'token-request') ?? {}
  return (await fetch(writeLink(config.entraLogUrl, logIds) ?? '')).text()
}

describe('make demo', () => {
  needs('curl')

  it('starts without a warning, answers at once with tools of an MCP server, and the question of the README under the agent’s own identity; Ctrl-C ends it with exit code 0', async () => {
    const demo = await startDemo(commandInTerminal)
    await demo.printed(`Ready: http://localhost:${demo.ports['PORT']}`)
    // The processes start in an order in which none has to report that another one is missing.
    expect(demo.output().split('Ready:')[0]).not.toMatch(/WARN|ERROR/)
    const served = await ask(demo.ports['PORT'] ?? 0, { mode: 'bedrock' })
    expect(served.tools).toMatchObject([{ name: 'weather-tools__get_weather', status: 'ok' }])
    expect(served).toMatchObject({ answer: expect.stringContaining('Oslo'), notices: [] })
    const call = served.trace.find(({ kind }) => kind === 'api-call')
    expect(call).toMatchObject({ to: 'weather-tools', request: { body: { method: 'tools/call' } } })
    expect(served.trace.find(({ kind }) => kind === 'validation')).toMatchObject({ from: 'weather-tools' })
    await demo.printed('trainee  autonomous ')
    const reply = JSON.parse(await runCurlOfReadme(demo.ports['PORT'] ?? 0)) as ChatResponse
    expect(reply).toMatchObject({ answer: expect.stringContaining('Dallas') })
    const card = reply.trace.findLast(step => step.token?.role === 'TR')?.token
    expect(card?.claims).toMatchObject({ azp: 'bbbbbbbb-0000-4000-8000-00000000000b' })
    expect(card?.verifiedBy?.map(({ actor }) => actor)).toContain('weather-api')
    const asUser = await ask(demo.ports['PORT'] ?? 0, { mode: 'bedrock', flow: 'agent-user' })
    expect(asUser.trace.findLast(step => step.token?.role === 'TR')?.token).toMatchObject({
      claims: { oid: identities.agentUserId },
    })
    expect(await readWhatEntraSaw(demo.ports['PORT'] ?? 0, reply)).toContain('Step 2: TR, a token for an API')
    // The sidecar sends ids of its own to Entra; the token's id leads to its request.
    expect(await readWhatEntraSaw(demo.ports['PORT'] ?? 0, asUser)).toContain('Accepted (200)')
    const trainee = await ask(demo.ports['PORT'] ?? 0, { mode: 'direct', agent: 'trainee' })
    expect(trainee).toMatchObject({ code: 'API_FORBIDDEN', needs: { permission: 'Weather.Read.All' } })
    for (const port of Object.values(demo.ports)) expect(await isOpenToOthers(port)).toBe(false)
    demo.process.stdin?.write(ctrlC)
    expect(await demo.ended).toBe(0)
  })

  it.skipIf(process.platform === 'darwin')(
    'starts without a word of the shell in a terminal that controls no processes',
    async () => {
      const demo = await startDemo(['script', '-qec', 'setsid --wait make demo', '/dev/null'], {
        PORT: 'none',
      })
      expect(await demo.ended).not.toBe(0)
      expect(demo.output()).toContain('PORT must be a whole number from 0 to 65535; it is "none".')
      expect(demo.output()).not.toContain('job control')
    },
  )
})
