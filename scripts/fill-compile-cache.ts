/**
 * Imports all of a service's bundle once, so that Node writes its compiled code to NODE_COMPILE_CACHE; for building images.
 * `main.mjs` comes last, since it ends the process for lack of configuration.
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
