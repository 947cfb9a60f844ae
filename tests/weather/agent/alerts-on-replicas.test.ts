import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, bearer, continueTurn, type TurnOutcome } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const folder = temporaryFolder()
const [oldKey, newKey] = ['key-1', 'key-2'].map(kid => `${kid} ${randomBytes(32).toString('base64')}\n`)
const writeSealKeys = (name: string, ...keys: readonly (string | undefined)[]) => {
  writeFileSync(join(folder, name), keys.join(''))
  return { SEAL_KEYS_FILE: join(folder, name) }
}
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
let token: string
/** A temperature for each test, so that tests do not share alerts. */
let celsius = -20

const aws = await forFile(EmulatedAws.start())
const stack = await forFile(
  Stack.start({
    weather: { ALERTS_FILE: join(folder, 'alerts.sqlite') },
    agent: {
      ...staticKeys,
      ...aws.environment,
      ...writeSealKeys('keys', oldKey),
      BEDROCK_PROBE: 'off',
      WEATHER_API_ALERTS: 'true',
    },
  }),
)
beforeEach(async () => {
  celsius -= 1
  token = await stack.signIn(identities.ada.oid)
})

async function askForAlert(mode: string): Promise<TurnOutcome> {
  const message = `Warn me when Oslo falls below ${celsius} °C until ${untilDate}`
  const { body } = await ask(stack.agentUrl, { mode, message, flow: 'obo' }, bearer(token))
  return body as unknown as TurnOutcome
}

const approve = (url: string, turn: TurnOutcome) => continueTurn(url, turn, 'approve', bearer(token))

/** What the weather API responded. */
function bodyOfCall({ trace }: Pick<TurnOutcome, 'trace'>): unknown {
  return trace.find(({ kind }) => kind === 'api-call')?.response?.body
}

async function createdAlerts(): Promise<readonly object[]> {
  const { body } = await ask(stack.agentUrl, { message: 'my alerts', flow: 'obo' }, bearer(token))
  const { alerts } = bodyOfCall(body) as {
    alerts: readonly { readonly when: { readonly celsius: number } }[]
  }
  return alerts.filter(({ when }) => when.celsius === celsius)
}

describe.each(['direct', 'bedrock'])('A %s turn that waits for its user', mode => {
  it('goes on at two replicas at once, and creates one alert', async () => {
    const other = await stack.startReplica()
    const turn = await askForAlert(mode)
    const answers = await Promise.all([approve(stack.agentUrl, turn), approve(other, turn)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const [alert, ...others] = await createdAlerts()
    expect(others).toEqual([])
    for (const { body } of answers) expect(bodyOfCall(body)).toMatchObject({ ...alert })
  })

  it('goes on after the agent was replaced', async () => {
    const turn = await askForAlert(mode)
    await stack.restart('agent')
    expect((await approve(stack.agentUrl, turn)).status).toBe(200)
    expect(await createdAlerts()).toHaveLength(1)
  })

  it('goes on if a new key seals turns and the old key still opens them', async () => {
    const turn = await askForAlert(mode)
    const other = await stack.startReplica(writeSealKeys('rotated', newKey, oldKey))
    expect((await approve(other, turn)).status).toBe(200)
    expect(await createdAlerts()).toHaveLength(1)
  })

  it('does not go on at a replica that lacks the key that sealed the turn', async () => {
    const turn = await askForAlert(mode)
    for (const keys of [writeSealKeys('other', newKey), { SEAL_KEYS_FILE: undefined }]) {
      const other = await stack.startReplica(keys)
      expect((await approve(other, turn)).body.code).toBe('APPROVAL_INVALID')
    }
    expect(await createdAlerts()).toEqual([])
  })
})
