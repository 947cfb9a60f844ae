export * from './environment.ts'
export * from './logger.ts'
export * from './problems.ts'
export * from './serve.ts'
