import { OnDemand } from '@entra-agents/service-kit'
import { BedrockAvailability } from './availability.ts'
import type { BedrockConfig, NoBedrock } from './config.ts'
import { bedrockProblem } from './problems.ts'
import { checkSettings } from './settings-check.ts'

export type Bedrock = ReturnType<typeof connectBedrock>

/**
 * The agent's connection to Bedrock, as configured, and Bedrock's health. Nothing is loaded or sent before
 * `availability.start()` or the first turn: the AWS SDK and LangChain take longer to load than the rest of the agent.
 */
export function connectBedrock(config: BedrockConfig | NoBedrock) {
  const isMissing = 'missing' in config
  const known = isMissing ? bedrockProblem('BEDROCK_NOT_CONFIGURED', config.missing) : checkSettings(config)
  const connection = new OnDemand(async () => {
    if (isMissing || known) throw known
    return (await import('./connection.ts')).connect(config)
  })
  /** The connection, made on first use; throws a ProblemError if the configuration has a fault. */
  const connected = () => connection.get()
  const probes = !isMissing && config.probe
  const availability = new BedrockAvailability({
    known,
    probe: probes ? async signal => (await connected()).probe(signal) : undefined,
  })
  return {
    modelId: isMissing ? null : config.modelId,
    region: config.region ?? null,
    credential: isMissing ? ('none' as const) : config.credential.tier,
    availability,
    connected,
    /** Releases sockets and timers. */
    close: () => {
      availability.stop()
      void connection.close(made => made.close())
    },
  }
}
