/** `npm run bundle`: writes the minified bundle of each process, as images run it, to `<workspace>/dist`. */
import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { build } from 'rolldown'
import { collectLicences } from './bundle/licences.ts'
import { withoutUnusedPackages } from './bundle/unused-packages.ts'

const root = resolve(import.meta.dirname, '..')

/** The processes that have a bundle. */
export const workspaces = [
  'services/agent',
  'services/weather-api',
  'emulators/entra',
  'emulators/auth-sidecar',
  'emulators/bedrock',
  'emulators/kit',
]

/**
 * Writes the bundle of a process into an emptied folder: `main.mjs` with everything needed at start, a chunk for each
 * dynamic import, source maps, and `LICENSES.txt` with the licences of the packages.
 *
 * @param entry path of the process's file from the repository's root
 */
export async function writeBundle(entry: string, folder: string): Promise<void> {
  const { output } = await build({
    cwd: root,
    input: { main: entry },
    platform: 'node',
    resolve: withoutUnusedPackages,
    // Keeps chunks from importing main.mjs, so that loading a chunk does not start the process.
    preserveEntrySignatures: 'strict',
    logLevel: 'warn',
    onLog: (level, log, report) => report(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log),
    output: {
      dir: folder,
      cleanDir: true,
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
      minify: true,
      comments: false,
      sourcemap: true,
      // Stack traces need file names and lines; the sources themselves are in the repository.
      sourcemapExcludeSources: true,
    },
  })
  const sources = output
    .flatMap(file => (file.type === 'chunk' ? file.moduleIds : []))
    .map(path => relative(root, path))
  writeFileSync(join(folder, 'LICENSES.txt'), collectLicences(root, sources))
}

if (import.meta.main)
  for (const workspace of workspaces) {
    await writeBundle(join(workspace, 'src/main.ts'), join(root, workspace, 'dist'))
    console.log(`${workspace}/dist/main.mjs`)
  }
