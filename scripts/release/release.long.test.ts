import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { needs } from '../../tests/support/programs.ts'

const root = resolve(import.meta.dirname, '../..')
const digest = `sha256:${'a'.repeat(64)}`

needs('helm')

it('A dry run makes packages, charts, images and notes, and says what would be published and what it left out', async () => {
  const [bin, out] = [temporaryFolder(), temporaryFolder()]
  // In place of Docker, a script that notes builds and knows the digests of one of the two registries.
  const docker = `#!/bin/sh
case "$*" in *gcr.io*--format*) echo "no such host" >&2; exit 1;; buildx*{{print*) echo ${digest};; build*) echo "docker $*";; esac`
  writeFileSync(join(bin, 'docker'), docker, { mode: 0o755 })
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) }
  const args = [join(root, 'scripts/release.ts'), '--out', out]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  const read = (file: string) => readFileSync(join(out, file), 'utf8')
  const packages = readdirSync(join(out, 'packages'))
  expect(packages.length).toBeGreaterThan(5)
  expect(stdout.match(/^\+ @entra-agents\/.*@0\.1\.0$/gm)).toHaveLength(packages.length)
  expect(readdirSync(join(out, 'charts'))).toEqual([
    'entra-bedrock-agent-0.1.0.tgz',
    'local-emulators-0.1.0.tgz',
  ])
  const bases = ['BUILDKIT_SYNTAX=docker/dockerfile:1', 'NODE=node:24-trixie-slim']
  expect(read('base-images')).toContain(bases.map(base => `${base}@${digest}\n`).join(''))
  for (const name of ['agent', 'weather-api', 'emulators', 'entra-emulator']) {
    const image = `ghcr.io/entra-bedrock-agent/${name}:0.1.0`
    expect(stdout).toMatch(
      new RegExp(`^docker build .*--build-arg NODE=\\S+@${digest} .* -t ${image} \\.$`, 'm'),
    )
    expect(stdout).toContain(`docker buildx imagetools create --tag ${image} `)
  }
  expect(stdout).toMatch(/^gh release create v0\.1\.0 /m)
  const notes = read('release-notes.md')
  expect(notes).toMatch(/^What it can do:/)
  expect(notes).not.toMatch(/\]\((?!https:)/)
  expect(notes).toContain(
    `    node:24-trixie-slim@${digest}\n    gcr.io/distroless/nodejs24-debian13:nonroot\n`,
  )
  expect(stdout).toContain(
    'Left out: The digest of gcr.io/distroless/nodejs24-debian13:nonroot: no such host\n',
  )
}, 300_000)
