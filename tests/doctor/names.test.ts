import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../emulators/entra/src/testing/certificate.ts'
import { examine } from '../../scripts/doctor/finding.ts'
import { nameChecks } from '../../scripts/doctor/names.ts'

async function portOf(server: Server): Promise<number> {
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

function serverWithCertificateFor(name: string): Server {
  using own = makeCertificate(name)
  return createServer({ key: own.key, cert: own.certificate }, (_request, response) => response.end())
}

async function lookAt(server: Server) {
  const url = `https://127.0.0.1:${await portOf(server)}`
  return { url, findings: await examine(nameChecks([url])) }
}

it('The doctor names the authority that signed a certificate which this machine does not trust', async () => {
  const { url, findings } = await lookAt(serverWithCertificateFor('Private Authority'))
  const { host } = new URL(url)
  expect(findings).toMatchObject([
    {
      check: `name ${host}`,
      status: 'FAIL',
      code: 'TLS_FAILED',
      detail: `${host} shows a certificate that “Private Authority” signed; it is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT).`,
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    },
  ])
})

it('The doctor says that what listens at the port of an https address speaks no TLS', async () => {
  const { findings } = await lookAt(createPlainServer((_request, response) => response.end()))
  expect(findings).toMatchObject([
    {
      status: 'FAIL',
      code: 'TLS_FAILED',
      detail: expect.stringMatching(/ speaks no TLS \(\w+\)\.$/),
      hint: expect.stringContaining('write http:// in place of https://'),
    },
  ])
})

it('The doctor looks up a host once, and at the certificate of each of its https ports', async () => {
  const urls = ['http://localhost:1/', 'http://localhost:2/', 'https://localhost:1/', 'https://localhost:2/']
  const findings = await examine(nameChecks(urls))
  expect(findings.map(({ check }) => check)).toEqual([
    'name localhost',
    'name localhost:1',
    'name localhost:2',
  ])
  // Nothing listens there: what calls these ports says so.
  expect(findings.map(({ status }) => status)).toEqual(['PASS', 'PASS', 'PASS'])
})
