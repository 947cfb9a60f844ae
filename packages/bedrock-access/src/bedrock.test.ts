import { readEnvironment } from '@entra-agents/service-kit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connectBedrock } from './bedrock.ts'
import { readBedrockConfig } from './config.ts'

let failuresLeft = 0
const connection = { close: () => undefined, probe: async () => undefined }
vi.mock('./connection.ts', () => ({
  connect: () => {
    if (failuresLeft-- > 0) throw new Error('The connection cannot be made.')
    return connection
  },
}))
afterEach(() => {
  failuresLeft = 0
})

const createBedrock = () =>
  connectBedrock(
    readEnvironment(
      { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' },
      readBedrockConfig,
    ),
  )

describe('a connection to Bedrock that cannot be made', () => {
  it('is tried again by the next turn', async () => {
    failuresLeft = 1
    const bedrock = createBedrock()
    await expect(bedrock.connected()).rejects.toThrow('cannot be made')
    await expect(bedrock.connected()).resolves.toBe(connection)
    bedrock.close()
  })

  it('causes no unhandled rejection if the agent stops meanwhile', async () => {
    failuresLeft = 1
    const bedrock = createBedrock()
    const connecting = bedrock.connected()
    bedrock.close()
    await expect(connecting).rejects.toThrow('cannot be made')
  })

  it('makes the health “unavailable”, without an exception, when a background probe needs the connection', async () => {
    failuresLeft = 1
    const bedrock = createBedrock()
    bedrock.availability.start()
    await expect.poll(() => bedrock.availability.health.state).toBe('unavailable')
    expect(bedrock.availability.health.problem?.code).toBe('INTERNAL_ERROR')
    bedrock.close()
  })
})
