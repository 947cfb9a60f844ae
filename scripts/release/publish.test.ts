import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

/** Runs `.ci/publish` with scripts in place of the programs that publish. Returns their calls, and what it printed. */
async function publish(part: readonly string[], programs: Readonly<Record<string, string>>) {
  const folder = temporaryFolder()
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { mode: 0o755 })
  }
  write('calls', '')
  for (const [name, script] of Object.entries(programs))
    write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >> "${folder}/calls"\n${script}\n`)
  for (const name of ['tokens', 'trace']) {
    write('package/package.json', JSON.stringify({ name: `@entra-agents/${name}`, version: '0.1.0' }))
    mkdirSync(join(folder, 'packages'), { recursive: true })
    await exec('tar', ['-czf', join(folder, `packages/entra-agents-${name}.tgz`), '-C', folder, 'package'])
  }
  write('charts/agent-0.1.0.tgz', '')
  write('builds/agent-amd64', 'sha256:1\n')
  write('builds/agent-arm64', 'sha256:2\n')
  write('notes.md', 'What changed.\n')
  const env = {
    PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
    HOME: folder,
    RELEASE: folder,
    REGISTRY: 'example.com/a',
  }
  const { code = 0, stderr = '' } = await exec(join(root, '.ci/publish'), part, { env }).catch(error => error)
  const calls = readFileSync(join(folder, 'calls'), 'utf8').replaceAll(folder, '').trim().split('\n')
  return { code, stderr, calls, read: (path: string) => readFileSync(join(folder, path), 'utf8') }
}

const notFound = 'echo "npm error code E404" >&2; exit 1'

it('Packages that npm has are left as they are, and the others are published with provenance', async () => {
  const npm = `case "$*" in "view @entra-agents/tokens"*) echo 0dff2806;; view*) ${notFound};; esac`
  const { code, calls } = await publish(['packages'], { npm })
  expect([code, calls.at(-1)]).toEqual([
    0,
    'npm publish /packages/entra-agents-trace.tgz --access public --tag latest --provenance',
  ])
  expect(calls.filter(call => call.startsWith('npm publish'))).toHaveLength(1)
})

it('Nothing is published while npm does not say which packages it has', async () => {
  const { code, stderr, calls } = await publish(['packages'], {
    npm: 'echo "npm error code E503" >&2; exit 1',
  })
  expect([code, stderr]).toEqual([1, 'npm error code E503\n'])
  expect(calls).toEqual(['npm view @entra-agents/tokens@0.1.0 dist.shasum'])
})

it('The builds of both processors become one image with the version as its tag, which is signed', async () => {
  const docker =
    'case "$3" in create) touch "$RELEASE/tagged";; inspect) [ -e "$RELEASE/tagged" ] && echo sha256:3;; esac'
  const { calls, read } = await publish(['image', 'agent'], { docker, cosign: '' })
  expect(calls.filter(call => !call.includes('inspect'))).toEqual([
    'docker buildx imagetools create --tag example.com/a/agent:0.1.0 example.com/a/agent@sha256:1 example.com/a/agent@sha256:2',
    'cosign sign --yes example.com/a/agent@sha256:3',
  ])
  // For {{.Manifest.Digest}}, buildx prints everything that it knows of the image.
  expect(calls[0]).toBe(
    'docker buildx imagetools inspect example.com/a/agent:0.1.0 --format {{print .Manifest.Digest}}',
  )
  expect(read('images/agent')).toBe('example.com/a/agent:0.1.0@sha256:3\n')
})

it('An image and a chart that are published keep their digest, and are signed again', async () => {
  const image = await publish(['image', 'agent'], { docker: 'echo sha256:4', cosign: '' })
  expect(image.calls.slice(1)).toEqual(['cosign sign --yes example.com/a/agent@sha256:4'])
  const chart = await publish(['charts'], { helm: 'echo Digest: sha256:5', cosign: '' })
  expect(chart.calls).toEqual([
    'helm show chart oci://example.com/a/charts/agent --version 0.1.0',
    'cosign sign --yes example.com/a/charts/agent@sha256:5',
  ])
})

it('A chart that is not published is pushed', async () => {
  const helm = 'case "$1" in push) echo "Digest: sha256:6";; *) exit 1;; esac'
  const { calls } = await publish(['charts'], { helm, cosign: '' })
  expect(calls.slice(1)).toEqual([
    'helm push /charts/agent-0.1.0.tgz oci://example.com/a/charts',
    'cosign sign --yes example.com/a/charts/agent@sha256:6',
  ])
})

it('A release that was cut off gets what it lacks', async () => {
  const { calls } = await publish(['release'], { gh: '' })
  expect(calls).toEqual([
    'gh release view v0.1.0',
    'gh release upload v0.1.0 /packages/entra-agents-tokens.tgz /packages/entra-agents-trace.tgz /charts/agent-0.1.0.tgz --clobber',
    'gh release edit v0.1.0 --draft=false --notes-file /release-notes.md',
  ])
})

it('The scan asks for critical vulnerabilities that have a fix, and fails with the scanner', async () => {
  const { code, calls } = await publish(['scan', 'example.com/a/agent@sha256:1'], { docker: 'exit 1' })
  expect(code).toBe(1)
  expect(calls[0]).toMatch(
    /@sha256:\w{64} image .*--severity CRITICAL --ignore-unfixed --exit-code 1 example\.com\/a\/agent@sha256:1$/,
  )
})
