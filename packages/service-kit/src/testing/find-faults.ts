import { ConfigurationError } from '@entra-bedrock-agent/service-kit'

/** The faults that reading a configuration finds; none if it is right. */
export function findFaults(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
}
