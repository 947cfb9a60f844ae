import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { ask, bearer } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { needs } from '../../support/programs.ts'
import { tenantOf } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

const { ada, agentId } = identities
const runFile = promisify(execFile)
const auditPage = readFileSync(resolve(import.meta.dirname, '../../../docs/audit.md'), 'utf8')
/** The commands of each question. Those for a cluster or AWS are replaced or left out. */
const [, first = '', second = '', third = ''] = auditPage
  .split(/^## \d\. /m)
  .map(part =>
    [...part.matchAll(/```(?:sh|bash)\n(?!# not run)([\s\S]*?)```/g)].map(match => match[1]).join(''),
  )

needs('jq')
needs('curl')
const aws = await forFile(EmulatedAws.start())
const stack = await forFile(
  Stack.start({
    agent: { ...aws.environment, ...staticKeys },
    weather: { LOG_LEVEL: 'info' },
  }),
)
const token = await stack.signIn(ada.oid)
const turnId = (await ask(stack.agentUrl, { mode: 'bedrock', flow: 'obo' }, bearer(token))).body.turnId
tenantOf(stack).faults.inject({ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 50105 } })
const tokenOfBen = await stack.signIn(identities.ben.oid)
const refusedAnswer = await ask(stack.agentUrl, { flow: 'obo' }, bearer(tokenOfBen))
const refusedRequestId = refusedAnswer.body.upstream?.requestId ?? ''
const folder = temporaryFolder()
writeFileSync(join(folder, 'agent.log'), stack.agentLog.join(''))
writeFileSync(join(folder, 'api.log'), stack.weatherLog.join(''))

/** Runs commands of the page with the ids of this run, and returns the lines of JSON that they print. */
async function runCommands(commands: string, ids: Readonly<Record<string, string>>): Promise<unknown[]> {
  const withIds = commands.replace(/^(\w+)=(?!\$).*$/gm, (_line, name: string) => `${name}=${ids[name]}`)
  const script = `set -euo pipefail
agent_log() { cat "${folder}/agent.log"; }
api_log() { cat "${folder}/api.log"; }
${withIds}`
  const env = { ...process.env, ENTRA: stack.entraUrl, BEDROCK: aws.url }
  const { stdout } = await runFile('bash', ['-c', script], { env })
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)
}

/** The log line that has all of these members. */
function findLine(lines: readonly string[], members: object) {
  return lines
    .map(line => JSON.parse(line))
    .find(line => Object.entries(members).every(([name, value]) => line[name] === value))
}

describe('The commands of docs/audit.md', () => {
  it('lead from a turn to its tokens, the API’s decisions and Entra’s row; the logs have no word of user and conversation', async () => {
    const [issued, allowed, row] = await runCommands(first, { TURN: turnId })
    expect(issued).toMatchObject({
      audit: 'issued',
      caller: agentId,
      onBehalfOf: ada.oid,
      api: 'weather-api',
    })
    expect(allowed).toMatchObject({ audit: 'allowed', caller: agentId, objectId: ada.oid })
    expect(row).toMatchObject({ correlationId: turnId, leg: 'obo', client: agentId, status: 200 })
    const logged = [...stack.agentLog, ...stack.weatherLog].join('')
    for (const word of [ada.name, ada.upn, 'Dallas', token]) expect(logged).not.toContain(word)
  })

  it('lead from a row in Entra’s log back to every use of the token, and from a refusal to its turn', async () => {
    const { tokenId } = findLine(stack.agentLog, { audit: 'issued', correlationId: turnId })
    const [use, turn, refused, row] = await runCommands(second, { TOKEN: tokenId, REQUEST: refusedRequestId })
    expect(use).toMatchObject({ audit: 'allowed', objectId: ada.oid })
    expect(turn).toMatchObject({ turnId, mode: 'bedrock', flow: 'obo', outcome: 'OK' })
    expect(refused).toMatchObject({ flow: 'obo', aadsts: 'AADSTS50105' })
    expect(row).toMatchObject({ leg: 'obo', aadsts: 50105 })
  })

  it('lead from a model call in AWS’s log to its turn, and back', async () => {
    const { awsRequestIds } = findLine(stack.agentLog, { turnId, outcome: 'OK' })
    const [turn, call] = await runCommands(third, { AWS_REQUEST: awsRequestIds[0], TURN: turnId })
    expect(turn).toMatchObject({ turnId, flow: 'obo', tokenIds: [expect.any(String)] })
    expect(call).toMatchObject({ operation: 'ConverseStream', status: 200 })
  })
})
