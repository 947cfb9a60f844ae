import manifest from '../package.json' with { type: 'json' }

/** The version of the agent, as in its package. */
export const version: string = manifest.version
