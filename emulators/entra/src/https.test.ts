import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { makeCertificate } from './testing/certificate.ts'
import { startEntra, tenantId } from './testing/start-entra.ts'

const host = 'login.microsoftonline.com'

it('The emulator speaks https under any name in its certificate, so that the official sidecar takes it for login.microsoftonline.com', async () => {
  using certificate = makeCertificate(host)
  await using entra = await startEntra({
    PUBLIC_URL: `https://${host}`,
    TLS_CERT_FILE: certificate.certificateFile,
    TLS_KEY_FILE: certificate.keyFile,
  })
  const { address, port } = entra.address as AddressInfo
  const read = (path: string) =>
    new Promise((resolve, reject) => {
      const options = { host: address, port, path, servername: host, ca: certificate.certificate }
      get({ ...options, headers: { host } }, response => resolve(json(response))).on('error', reject)
    })
  const instances = { metadata: [{ aliases: [host] }] }
  expect(await read('/common/discovery/instance?api-version=1.1')).toMatchObject(instances)
  const discovery = `/${tenantId}/v2.0/.well-known/openid-configuration`
  expect(await read(discovery)).toMatchObject({ issuer: `https://${host}/${tenantId}/v2.0` })
  entra.entra.faults.inject({ fault: { kind: 'reset' } })
  await expect(read(discovery)).rejects.toThrow('socket hang up')
})
