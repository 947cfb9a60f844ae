import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { AlertTurns } from '../support/alert-turns.ts'

const folder = temporaryFolder()
const [oldKey, newKey] = ['key-1', 'key-2'].map(kid => `${kid} ${randomBytes(32).toString('base64')}\n`)
const writeSealKeys = (name: string, ...keys: readonly (string | undefined)[]) => {
  writeFileSync(join(folder, name), keys.join(''))
  return { SEAL_KEYS_FILE: join(folder, name) }
}
const turns = await forFile(AlertTurns.start(writeSealKeys('keys', oldKey)))
const { stack } = turns
const token = await stack.signIn(identities.ada.oid)
const other = await stack.startReplica()
beforeEach(() => turns.next())

describe.each(['direct', 'bedrock'])('A %s turn that waits for its user', mode => {
  const waitingTurn = async () => (await turns.ask({ mode, token })).body

  it('goes on at two replicas at once, and creates one alert', async () => {
    const turn = await waitingTurn()
    const replies = await Promise.all(
      [undefined, other].map(url => turns.decide('approve', turn, token, url)),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    const created = replies.map(
      ({ body }) => body.trace.find(({ kind }) => kind === 'api-call')?.response?.body,
    )
    const [alert, ...others] = turns.stored
    expect(others).toEqual([])
    for (const body of created) expect(body).toMatchObject({ id: alert?.id, ...turns.newAlert })
  })

  it.each([
    ['after the agent was replaced', () => stack.restart('agent').then(() => stack.agentUrl)],
    [
      'if a new key seals turns and the old key still opens them',
      () => stack.startReplica(writeSealKeys('rotated', newKey, oldKey)),
    ],
  ])('goes on %s', async (_when, startNext) => {
    const turn = await waitingTurn()
    expect((await turns.decide('approve', turn, token, await startNext())).status).toBe(200)
    expect(turns.stored).toHaveLength(1)
  })

  it.each([
    ['a key', writeSealKeys('other', newKey)],
    ['none', { SEAL_KEYS_FILE: undefined }],
  ])(
    'does not go on at a replica that lacks the key that sealed the turn, and has %s',
    async (_what, keys) => {
      const turn = await waitingTurn()
      const url = await stack.startReplica(keys)
      expect((await turns.decide('approve', turn, token, url)).body.code).toBe('APPROVAL_INVALID')
      expect(turns.stored).toEqual([])
    },
  )
})
