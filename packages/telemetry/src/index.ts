export * from './add-telemetry.ts'
export * from './config.ts'
export * from './gen-ai.ts'
export { app as appAttributes, http as httpAttributes, logIds as logIdAttributes } from './names.ts'
