import { problem } from '../../problems.ts'
import { BedrockAvailability } from './availability.ts'
import type { BedrockConfig, NoBedrock } from './config.ts'
import type { ConnectedBedrock } from './connection.ts'
import type { CredentialTier } from './credentials.ts'
import { checkSettings } from './settings-check.ts'

/** The agent's one Bedrock: connection and health. */
export interface Bedrock {
  readonly modelId: string | null
  readonly region: string | null
  readonly credential: CredentialTier
  readonly availability: BedrockAvailability
  /** The connection, made when it is first asked for; throws the ProblemError that is known before any call. */
  connected(): Promise<ConnectedBedrock>
  /** Lets go of sockets and timers. */
  close(): void
}

/**
 * Bedrock as configured. Nothing is loaded or sent before `availability.start()` or the first turn: the AWS SDK and
 * LangChain take longer to load than the rest of the agent.
 */
export function connectBedrock(config: BedrockConfig | NoBedrock): Bedrock {
  if ('missing' in config) return withoutBedrock(config)
  const known = checkSettings(config)
  let connection: Promise<ConnectedBedrock> | undefined
  const connected = async () => {
    if (known !== undefined) throw known
    connection ??= import('./connection.ts').then(({ connect }) => connect(config))
    try {
      return await connection
    } catch (error) {
      // The next call tries again.
      connection = undefined
      throw error
    }
  }
  const availability = new BedrockAvailability({
    known,
    probe: config.probe ? async signal => (await connected()).probe(signal) : undefined,
  })
  return {
    modelId: config.modelId,
    region: config.region,
    credential: config.credential.tier,
    availability,
    connected,
    close: () => {
      availability.stop()
      connection?.then(
        made => made.close(),
        () => 'there is nothing to close',
      )
    },
  }
}

function withoutBedrock({ missing, region }: NoBedrock): Bedrock {
  const known = problem('BEDROCK_NOT_CONFIGURED', missing)
  const availability = new BedrockAvailability({ known, probe: undefined })
  return {
    modelId: null,
    region: region ?? null,
    credential: 'none',
    availability,
    connected: async () => {
      throw known
    },
    close: () => availability.stop(),
  }
}
