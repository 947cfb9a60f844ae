import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'

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
  const issuer = await startForeignIssuer()
  const folder = await mkdtemp(join(tmpdir(), 'web-identity-'))
  const tokenFile = join(folder, 'token')
  const write = async (text: string) => {
    await writeFile(`${tokenFile}.new`, text)
    await rename(`${tokenFile}.new`, tokenFile)
  }
  return {
    issuer: issuer.url,
    tokenFile,
    write,
    /** Replaces the token file as the kubelet does: whole, by a rename. */
    project: async ({ lifetimeSeconds = 3_600, ...claims } = {} as Projected) => {
      const now = Math.floor(Date.now() / 1_000)
      const usual = { sub: subject, aud: 'sts.amazonaws.com' }
      await write(await issuer.sign({ ...usual, ...claims, iat: now - 7_200, exp: now + lifetimeSeconds }))
    },
    /** Makes the issuer's keys unreachable, until `show` is called. */
    hide: () => {
      issuer.failWith = 'hangs up'
    },
    show: () => {
      issuer.failWith = undefined
    },
    removeToken: () => rm(tokenFile, { force: true }),
    close: async () => {
      await issuer.close()
      await rm(folder, { recursive: true })
    },
  }
}
