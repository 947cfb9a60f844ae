/** `npm run bundle`: one minified file per service, as production runs it, in `services/<name>/dist/main.mjs`. */
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

for (const service of ['services/agent', 'services/weather-api']) {
  await build({
    entryPoints: [join(root, service, 'src/main.ts')],
    outfile: join(root, service, 'dist/main.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    logLevel: 'warning',
    // CommonJS libraries in the bundle still ask for require.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  console.log(`${service}/dist/main.mjs`)
}
