export { type ApiEntry, type EmulatedSidecar, type SidecarOptions, startAuthSidecar } from './auth-sidecar.ts'
export { type BedrockOptions, type EmulatedBedrock, startBedrock } from './bedrock.ts'
export { type EmulatedEntra, type EntraOptions, EntraRefusal, startEntra } from './entra.ts'
export type * from './wire.ts'
