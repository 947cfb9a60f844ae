export const fileFormat = 'entra-bedrock-agent/identity-trace'

/**
 * The version of the files that this page writes. Since version 2 a turn has what its user decided about its calls, since
 * version 3 when.
 */
export const fileVersion = 3
