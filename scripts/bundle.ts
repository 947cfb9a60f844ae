/** `npm run bundle`: writes the minified bundle of each process, as images run it, to `<workspace>/dist`. */
import { join, resolve } from 'node:path'
import { writeBundle } from './bundle/write-bundle.ts'

const root = resolve(import.meta.dirname, '..')

const workspaces = [
  'services/agent',
  'services/weather-api',
  'emulators/entra',
  'emulators/auth-sidecar',
  'emulators/bedrock',
]

for (const workspace of workspaces) {
  await writeBundle(join(workspace, 'src/main.ts'), join(root, workspace, 'dist'))
  console.log(`${workspace}/dist/main.mjs`)
}
