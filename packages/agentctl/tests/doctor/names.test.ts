import { once } from 'node:events'
import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../../emulators/entra/src/testing/certificate.ts'
import { examine } from '../../src/doctor/finding.ts'
import { nameChecks } from '../../src/doctor/names.ts'
import { sectionOf } from './support/table.ts'

async function lookAt(title: string, server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return sectionOf(title, await examine(nameChecks([`https://127.0.0.1:${port}`])))
}

it('The doctor names who signed a certificate that this machine does not trust, and says where there is no TLS', async () => {
  using own = makeCertificate('Private Authority')
  const withCertificate = createServer({ key: own.key, cert: own.certificate })
  const sections = [
    await lookAt('a certificate of an unknown authority', withCertificate),
    await lookAt('a server without TLS', createPlainServer()),
  ]
  await expect(sections.join('')).toMatchFileSnapshot('names.txt')
})

it('The doctor looks up a host once, and at the certificate of each of its https ports', async () => {
  const urls = ['http://localhost:1/', 'http://localhost:2/', 'https://localhost:1/', 'https://localhost:2/']
  // Nothing listens there: what calls these ports says so.
  expect((await examine(nameChecks(urls))).map(({ check, status }) => `${status} ${check}`)).toEqual([
    'PASS name localhost',
    'PASS name localhost:1',
    'PASS name localhost:2',
  ])
})
