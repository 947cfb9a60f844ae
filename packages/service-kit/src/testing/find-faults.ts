import type { ConfigurationError } from '../environment.ts'

/** The faults that reading a configuration finds; empty if the configuration is right. */
export function findFaults(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    // Compares names, not classes (`instanceof`): mutation tests load the class twice.
    const { name, faults } = error as ConfigurationError
    if (name === 'ConfigurationError') return faults
    throw error
  }
}
