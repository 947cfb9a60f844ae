/**
 * Loads all of a service's bundle once, so that Node keeps its compiled code in NODE_COMPILE_CACHE; for building images.
 * Chunks do nothing when they are loaded; `main.mjs` finds no configuration, says so and ends the process, so it comes last.
 */
import { globSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { resolve } from 'node:path'

const [main = 'main.mjs'] = process.argv.slice(2)

for (const chunk of globSync('*.mjs', { exclude: [main] })) await import(resolve(chunk))
process.on('exit', () => {
  flushCompileCache()
  process.exitCode = 0
})
await import(resolve(main))
