import { execFileSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { writeBundle } from '../../scripts/bundle.ts'

const root = resolve(import.meta.dirname, '../..')

/** The settings of the Dockerfile for each image. */
export const imageSettings = {
  agent: { NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=256', MALLOC_ARENA_MAX: '1' },
  api: { NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=128' },
} as const

/** Bundles a process below a folder and compiles the bundle, as the Dockerfile does. */
export async function bundleAsImage(
  entry: string,
  temporaryFolder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly main: string; readonly env: Readonly<Record<string, string>> }> {
  const folder = join(temporaryFolder, dirname(entry))
  await writeBundle(entry, folder)
  const env = { NODE_ENV: 'production', NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
  // The script runs the process, which ends at once because it has no configuration.
  execFileSync(process.execPath, [join(root, 'scripts/fill-compile-cache.ts')], {
    cwd: folder,
    env: { ...env, PORT: '-1' },
    stdio: 'ignore',
  })
  return { main: join(folder, 'main.mjs'), env: { ...env, ...settings } }
}
