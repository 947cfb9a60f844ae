export { EntraRefusal } from './control.ts'
export { type EmulatedEntra, type EntraOptions, startEntra } from './entra.ts'
export type { CustomToken, EntraFault, EntraRequest, FaultTarget, SignIn, Tokens } from './wire.ts'
