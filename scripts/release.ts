/**
 * `make release-dry-run`: makes in `dist/release` what a release publishes, and says what would be published. It needs no
 * registry and publishes nothing; what it had to leave out, it says. The workflow of a release runs it with `--tag v1.2.3`
 * and then publishes these files by `.ci/publish`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { unreleasedChangelogs, wrongVersions } from './release/version.ts'
import { launcherOf } from './tools/tool.ts'

const root = resolve(import.meta.dirname, '..')
const { tag, out, images } = parseArgs({
  allowNegative: true,
  options: {
    tag: { type: 'string' },
    out: { type: 'string', default: join(root, 'dist/release') },
    // `--no-images`: the workflow builds them on machines of both processors.
    images: { type: 'boolean', default: true },
  },
}).values
const PATH = [process.env['PATH'], dirname(launcherOf('any'))].join(delimiter)
const env = { ...process.env, PATH, DRY_RUN: 'true', RELEASE: out }
const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const leftOut: string[] = []

const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
const read = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { cwd: root, env, encoding: 'utf8' })
const begin = (step: string) => console.log(`\n== ${step} (after ${Math.round(performance.now() / 1000)} s)`)

begin('Version')
const wrong = wrongVersions(root, tag)
for (const sentence of wrong) console.error(sentence)
if (wrong.length > 0) process.exit(1)
console.log(`${version} everywhere.`)
const undated = unreleasedChangelogs(root)
if (undated.length > 0) leftOut.push(`The day of ${version}, which a tag needs in ${undated.join(', ')}.`)

begin('Packages')
rmSync(out, { recursive: true, force: true })
run(process.execPath, 'scripts/pack.ts', join(out, 'packages'))

begin('Charts')
for (const folder of globSync('charts/*/Chart.yaml', { cwd: root }).map(dirname)) {
  run('helm', 'package', folder, '--destination', join(out, 'charts'))
  const archive = join(out, 'charts', `${basename(folder)}-${version}.tgz`)
  const values = globSync(`${folder}/ci/default-values.yaml`, { cwd: root }).flatMap(file => [
    '--values',
    file,
  ])
  const rendered = read('helm', 'template', 'demo', archive, '--kube-version', '1.37.0', ...values)
  const own = [...new Set(rendered.match(/(?<=image: )ghcr\.io\/\S+/g))]
  console.log(`It installs ${own.join(', ')}.`)
  if (own.length === 0 || !own.every(image => image.endsWith(`:${version}`)))
    throw new Error(`The chart ${folder} does not install images of version ${version}.`)
}

begin('Base images')
// What the Dockerfile names by tag, with the build argument that replaces it.
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
const named = [...dockerfile.matchAll(/^(?:# (syntax)|ARG (\w+))=(\S+[:/]\S+)$/gm)]
const bases = named.map(([, syntax, argument, image = '']) => {
  const inspect = ['buildx', 'imagetools', 'inspect', image, '--format', '{{print .Manifest.Digest}}']
  const { status, stdout, stderr, error } = spawnSync('docker', inspect, { env, encoding: 'utf8' })
  if (status !== 0 && tag !== undefined) throw error ?? new Error(stderr)
  if (status !== 0)
    leftOut.push(`The digest of ${image}: ${(error?.message ?? stderr).trim().split('\n')[0]}`)
  const pinned = status === 0 ? `${image}@${stdout.trim()}` : image
  return syntax ? `BUILDKIT_SYNTAX=${pinned}` : `${argument}=${pinned}`
})
console.log(bases.join('\n'))
writeFileSync(join(out, 'base-images'), `${bases.join('\n')}\n`)

begin('Images')
if (!images) leftOut.push('Images, as --no-images says.')
else if (spawnSync('docker', ['version'], { env }).status !== 0)
  leftOut.push('Images: Docker does not answer.')
else run('make', 'images', `BASE_IMAGES=${bases.join(' ')}`)

begin('Notes')
const repository = `https://github.com/entra-bedrock-agent/entra-bedrock-agent/blob/v${version}`
const [, section = ''] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## .*\n/m)
const notes = `${section.trim().replace(/\]\((?!https?:)/g, `](${repository}/`)}

[How to verify what is published](${repository}/docs/kubernetes.md#where-the-images-come-from). The images were built from:

${bases.map(base => `    ${base.replace(/^\w+=/, '')}\n`).join('')}`
writeFileSync(join(out, 'notes.md'), notes)
console.log(notes)

begin('What would be published')
run('.ci/publish', 'packages')
run('.ci/publish', 'charts')
for (const image of read('make', '--silent', 'image-names').trim().split(' '))
  run('.ci/publish', 'image', basename(image, `:${version}`))
run('.ci/publish', 'release')
for (const sentence of leftOut) console.log(`Left out: ${sentence}`)
