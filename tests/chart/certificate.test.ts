import { X509Certificate } from 'node:crypto'
import { chmodSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeAll, describe, expect, it } from 'vitest'
import { run } from '../support/run.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()

/** Stands in for a cluster that has nothing yet, and keeps the certificate. */
const kubectl = `#!/bin/sh
case "$*" in
  *' get '*) exit 1 ;;
  *' create configmap '*) for last; do :; done; cp "\${last#--from-file=ca.crt=}" ${folder}/ca.crt ;;
esac
`

let certificate: X509Certificate
beforeAll(async () => {
  const program = join(folder, 'kubectl')
  writeFileSync(program, kubectl)
  chmodSync(program, 0o755)
  const script = resolve(root, 'charts/local-emulators/make-certificate.sh')
  const PATH = [folder, process.env['PATH']].join(delimiter)
  await run(script, ['agents'], { env: { ...process.env, PATH } })
  certificate = new X509Certificate(readFileSync(join(folder, 'ca.crt')))
})

/** The hosts of https addresses at the emulator's port in a text. */
function emulatorHosts(text: string): readonly string[] {
  return [...text.matchAll(/https:\/\/([\w.-]+):7001/g)].map(([, host = '']) => host)
}

describe('The certificate of the emulated Entra on a cluster', () => {
  it('has every name by which the documents and the chart call it', () => {
    const files = globSync(['docs/*.md', 'README.md', 'charts/local-emulators/*.yaml'], { cwd: root })
    const hosts = files.flatMap(file => emulatorHosts(readFileSync(resolve(root, file), 'utf8')))
    expect(new Set(hosts)).toContain('localhost')
    for (const host of [...hosts, 'entra-emulator', 'login.microsoftonline.com'])
      expect([host, certificate.checkHost(host)]).toEqual([host, host])
  })

  it('has the addresses of a forwarded port, and vouches for no other name', () => {
    expect(['127.0.0.1', '::1'].map(address => certificate.checkIP(address))).toEqual(['127.0.0.1', '::1'])
    expect(certificate.checkHost('graph.microsoft.com')).toBeUndefined()
  })
})
