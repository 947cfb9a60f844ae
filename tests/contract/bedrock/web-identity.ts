import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export const subject = 'system:serviceaccount:entra-bedrock-agent:agent'

interface Projected {
  readonly sub?: string
  readonly aud?: string
  readonly iss?: string
  readonly lifetimeSeconds?: number
}

export type Cluster = Awaited<ReturnType<typeof createCluster>>

/** A cluster's service account issuer, and the token file that a kubelet would keep fresh. */
export async function createCluster() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'cluster', alg: 'RS256', use: 'sig' }] }
  let isHidden = false
  const server = new LocalServer((request, response) => {
    if (isHidden) {
      request.socket.destroy()
      return
    }
    const discovery = { issuer: server.url, jwks_uri: `${server.url}/keys` }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.url === '/keys' ? keys : discovery))
  })
  const { url: issuer } = await server.start()
  const folder = await mkdtemp(join(tmpdir(), 'web-identity-'))
  const tokenFile = join(folder, 'token')
  const write = async (text: string) => {
    await writeFile(`${tokenFile}.new`, text)
    await rename(`${tokenFile}.new`, tokenFile)
  }
  return {
    issuer,
    tokenFile,
    write,
    /** Replaces the token file as the kubelet does: whole, by a rename. */
    project: async ({ lifetimeSeconds = 3_600, ...claims } = {} as Projected) => {
      const now = Math.floor(Date.now() / 1_000)
      const usual = { sub: subject, aud: 'sts.amazonaws.com', iss: issuer }
      const token = new SignJWT({ ...usual, ...claims, iat: now - 7_200, exp: now + lifetimeSeconds })
      await write(await token.setProtectedHeader({ alg: 'RS256', kid: 'cluster' }).sign(privateKey))
    },
    /** Makes the issuer's keys unreachable, until `show` is called. */
    hide: () => {
      isHidden = true
    },
    show: () => {
      isHidden = false
    },
    removeToken: () => rm(tokenFile, { force: true }),
    close: async () => {
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}
