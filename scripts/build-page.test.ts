import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it, onTestFinished } from 'vitest'

const script = resolve(import.meta.dirname, 'build-page.ts')
const source = 'services/chat-ui/src/page.tsx'
const built = 'services/chat-ui/dist/index.html'

/** Runs the script in a repository with these files, each changed on a day, whose page is built by `program`. */
function runWith(files: Readonly<Record<string, number>>, program = '') {
  const folder = temporaryFolder(onTestFinished)
  const build = `require('fs').writeFileSync('ran', ''); ${program}`
  writeFileSync(join(folder, 'build.cjs'), build)
  writeFileSync(join(folder, 'package.json'), '{ "scripts": { "build:page": "node build.cjs" } }')
  for (const [path, day] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '')
    utimesSync(file, day * 86_400, day * 86_400)
  }
  const { status, stdout } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' })
  return { hasBuilt: existsSync(join(folder, 'ran')), status, stdout }
}

// biome-ignore format: table
it.each([
  ['builds the page that was never built', { [source]: 1 }, true],
  ['builds the page if a source is newer', { [source]: 3, [built]: 2 }, true],
  ['builds the page if the schemas that it shares with the agent are newer', { 'packages/trace/src/claims.ts': 3, [built]: 2 }, true],
  ['builds the page if the components of the trace are newer', { 'packages/trace-view/src/trace/trace-panel.tsx': 3, [built]: 2 }, true],
  ['builds the page if what compiles its schemas is newer', { 'packages/trace-view/build/compile-shapes.ts': 3, [built]: 2 }, true],
  ['builds the page if packages are newer', { 'package-lock.json': 3, [built]: 2 }, true],
  ['builds no page that is newer than its sources', { [source]: 1, [built]: 2 }, false],
  ['builds no page for a test that is newer', { 'services/chat-ui/src/page.test.tsx': 3, [built]: 2 }, false],
])('%s', (_what, files, hasBuilt) => {
  const stdout = hasBuilt ? 'Building the page…\n' : ''
  expect(runWith(files)).toEqual({ hasBuilt, status: 0, stdout })
})

it('ends as the build ended, so that the demo does not start without its page', () => {
  expect(runWith({ [source]: 1 }, 'process.exit(3)')).toMatchObject({ hasBuilt: true, status: 3 })
})
