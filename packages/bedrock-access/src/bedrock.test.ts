import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { connectBedrock } from './bedrock.ts'
import { readConfig } from './testing/read-config.ts'

let failuresLeft = 0
const connection = { close: () => undefined, probe: async () => undefined }
vi.mock('./connection.ts', () => ({
  connect: () => {
    if (failuresLeft-- > 0) throw new Error('The connection cannot be made.')
    return connection
  },
}))

/** A Bedrock whose first connection cannot be made. */
function createBedrock() {
  failuresLeft = 1
  const bedrock = connectBedrock(readConfig({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x' }))
  onTestFinished(() => bedrock.close())
  return bedrock
}

describe('a connection to Bedrock that cannot be made', () => {
  it('is tried again by the next turn', async () => {
    const bedrock = createBedrock()
    await expect(bedrock.connected()).rejects.toThrow('cannot be made')
    await expect(bedrock.connected()).resolves.toBe(connection)
  })

  it('causes no unhandled rejection if the agent stops meanwhile', async () => {
    const bedrock = createBedrock()
    const connecting = bedrock.connected()
    bedrock.close()
    await expect(connecting).rejects.toThrow('cannot be made')
  })

  it('makes the health “unavailable”, without an exception, when a background probe needs the connection', async () => {
    const { availability } = createBedrock()
    availability.start()
    await expect.poll(() => availability.health.state).toBe('unavailable')
    expect(availability.health.problem?.code).toBe('INTERNAL_ERROR')
  })
})
