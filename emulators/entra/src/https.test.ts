import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { makeCertificate } from './testing/certificate.ts'
import { startEntra, tenantId } from './testing/start-entra.ts'

const host = 'login.microsoftonline.com'

/** Starts the emulator with TLS, and returns it with a client that trusts its certificate. */
async function startHttps() {
  const certificate = makeCertificate(host)
  const entra = await startEntra({
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
  return {
    entra: entra.entra,
    read,
    async [Symbol.asyncDispose]() {
      await entra[Symbol.asyncDispose]()
      certificate[Symbol.dispose]()
    },
  }
}

it('The emulator speaks https under any name in its certificate, so that the official sidecar takes it for login.microsoftonline.com', async () => {
  await using https = await startHttps()
  expect(await https.read('/common/discovery/instance?api-version=1.1')).toMatchObject({
    metadata: [{ aliases: [host] }],
  })
  expect(await https.read(`/${tenantId}/v2.0/.well-known/openid-configuration`)).toMatchObject({
    issuer: `https://${host}/${tenantId}/v2.0`,
    token_endpoint: `https://${host}/${tenantId}/oauth2/v2.0/token`,
  })
})

it('An injected fault resets https connections, too', async () => {
  await using https = await startHttps()
  https.entra.faults.inject({ fault: { kind: 'reset' } })
  await expect(https.read(`/${tenantId}/v2.0/.well-known/openid-configuration`)).rejects.toThrow(
    'socket hang up',
  )
})
