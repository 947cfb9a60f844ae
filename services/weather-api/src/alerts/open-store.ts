import { ConfigurationError } from '@entra-bedrock-agent/service-kit'
import { AlertStore } from './alert-store.ts'

/**
 * Opens the file of the alerts, and creates it if there is none.
 *
 * @throws {ConfigurationError} if it cannot be used
 */
export function openAlertStore(file: string): AlertStore {
  try {
    return new AlertStore(file)
  } catch (error) {
    throw new ConfigurationError([
      `ALERTS_FILE names ${file}, which cannot be used as a database: ${(error as Error).message}.`,
    ])
  }
}
