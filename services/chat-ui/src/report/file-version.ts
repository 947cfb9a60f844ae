export const fileFormat = 'entra-bedrock-agent/identity-trace'

/** The version of the files that this page writes. Since version 2 a turn has what its user decided about its calls. */
export const fileVersion = 2
