/**
 * `npm run bundle`: one minified file per process, as images run it, in `<workspace>/dist/main.mjs`,
 * with its source map and the licences of what it contains.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { collectLicences } from './bundle/licences.ts'

const root = resolve(import.meta.dirname, '..')

const workspaces = [
  'services/agent',
  'services/weather-api',
  'emulators/entra',
  'emulators/auth-sidecar',
  'emulators/bedrock',
]

for (const workspace of workspaces) {
  const folder = join(root, workspace, 'dist')
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(workspace, 'src/main.ts')],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    minify: true,
    metafile: true,
    sourcemap: true,
    // Stack traces need file names and lines; the sources themselves are in the repository.
    sourcesContent: false,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    logLevel: 'warning',
    legalComments: 'none',
    // CommonJS libraries in the bundle still ask for require.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  writeFileSync(join(folder, 'LICENSES.txt'), collectLicences(root, Object.keys(metafile.inputs)))
  console.log(`${workspace}/dist/main.mjs`)
}
