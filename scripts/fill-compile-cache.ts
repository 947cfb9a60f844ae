/**
 * Loads a service's bundle once, so that Node keeps its compiled code in NODE_COMPILE_CACHE; for building images.
 * The service finds no configuration, says so and ends; by then all that it needs to start has been compiled.
 */
import { flushCompileCache } from 'node:module'
import { resolve } from 'node:path'

process.on('exit', () => {
  flushCompileCache()
  process.exitCode = 0
})
await import(resolve(process.argv[2] ?? 'main.mjs'))
