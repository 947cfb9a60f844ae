export * from './emulator.ts'
export { type FaultKind, type FaultKinds, faultKind, type InjectedFault, transportFaults } from './faults.ts'
export type { LoggedRequest } from './request-log.ts'
export * from './settings.ts'
