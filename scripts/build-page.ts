/** Builds the page, unless the built one is newer than all that it is made of. Begins `npm run demo` and several targets of make. */
import { spawnSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'

const folders = 'services/chat-ui,packages/trace{,-view}/{src,build}'
const sources = globSync(['package-lock.json', `{${folders}}/**/*.*`], {
  exclude: ['**/node_modules', '**/dist', '**/*.test.ts*'],
})
const builtMs = statSync('services/chat-ui/dist/index.html', { throwIfNoEntry: false })?.mtimeMs ?? 0
if (sources.some(path => statSync(path).mtimeMs > builtMs)) {
  console.log('Building the page…')
  const { status } = spawnSync('npm run --silent build:page', { stdio: 'inherit', shell: true })
  process.exitCode = status ?? 1
}
