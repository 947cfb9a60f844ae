import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
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
/** What is before the first question, and the questions, each with what follows it. */
const [beginning = '', ...parts] = auditPage.split(/^## \d\. /m)
const questions = parts.map(part => part.split('\n', 1)[0])

/** The commands of a part of the page. Those for a cluster or AWS are replaced or left out. */
function commandsIn(part: string): string {
  return [...part.matchAll(/```(?:sh|bash)\n(?!# not run)([\s\S]*?)```/g)].map(match => match[1]).join('')
}

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
tenantOf(stack).directory.content.conditionalAccessPolicies.push({
  ...{ id: randomUUID(), displayName: 'Keep Ben from the weather', state: 'enabled' },
  conditions: {
    users: { includeUsers: [identities.ben.oid] },
    applications: { includeApplications: [identities.weatherAppId] },
  },
  grantControls: { operator: 'OR', builtInControls: ['block'] },
})
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
  const env = { ...process.env, GRAPH: stack.entraUrl, BEDROCK: aws.url }
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

const { tokenId } = findLine(stack.agentLog, { audit: 'issued', correlationId: turnId })
const { awsRequestIds } = findLine(stack.agentLog, { turnId, outcome: 'OK' })
const { correlationId: refusedTurnId } = findLine(stack.agentLog, { audit: 'refused', api: 'weather-api' })

/** The questions of docs/audit.md, word for word, with the ids that somebody has who asks, and the answer in this run. */
const answers: Readonly<Record<string, readonly [ids: Readonly<Record<string, string>>, answer: object[]]>> =
  {
    'This answer: which token was used, and does Entra agree?': [
      { TURN: turnId },
      [
        { audit: 'issued', caller: agentId, onBehalfOf: ada.oid, api: 'weather-api', tokenId },
        { audit: 'allowed', caller: agentId, objectId: ada.oid },
        {
          ...{ correlationId: turnId, uniqueTokenIdentifier: tokenId, appId: agentId, userId: ada.oid },
          ...{ resourceId: identities.weatherAppId, agentType: 'agenticAppInstance', errorCode: 0 },
        },
      ],
    ],
    'This sign-in: who used the token, for what, on whose behalf?': [
      { TOKEN: tokenId, REQUEST: refusedRequestId },
      [
        { audit: 'allowed', caller: agentId, objectId: ada.oid },
        { turnId, mode: 'bedrock', flow: 'obo', outcome: 'OK' },
        { flow: 'obo', aadsts: 'AADSTS53003' },
        {
          ...{ correlationId: refusedTurnId, appId: agentId, userId: identities.ben.oid, errorCode: 53003 },
          policies: [
            { displayName: 'Confirm changes by a second factor', result: 'notApplied' },
            { displayName: 'Keep Ben from the weather', result: 'failure' },
          ],
        },
      ],
    ],
    'This model call: which turn made it, and whose tools did it use?': [
      { AWS_REQUEST: awsRequestIds[0], TURN: turnId },
      [
        { turnId, flow: 'obo', tokenIds: [tokenId] },
        { operation: 'ConverseStream', status: 200 },
      ],
    ],
  }

it('docs/audit.md asks the questions that are answered here', () => {
  expect(questions).toEqual(Object.keys(answers))
})

it.each(Object.entries(answers))(
  '“%s” is answered by the page’s commands, from audit lines and rows of Graph',
  async (question, [ids, answer]) => {
    const part = parts.find(one => one.startsWith(`${question}\n`)) ?? ''
    const lines = await runCommands(commandsIn(beginning) + commandsIn(part), ids)
    expect(lines).toHaveLength(answer.length)
    expect(lines).toMatchObject(answer)
  },
)

it('the audit lines have no word of user and conversation', () => {
  const logged = [...stack.agentLog, ...stack.weatherLog].join('')
  for (const word of [ada.name, ada.upn, 'Dallas', token]) expect(logged).not.toContain(word)
})
