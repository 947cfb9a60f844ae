import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'

export const subject = 'system:serviceaccount:entra-bedrock-agent:agent'
export const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'

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
  const makeToken = ({ lifetimeSeconds = 3_600, ...claims }: Projected = {}, kid?: string) => {
    const now = Math.floor(Date.now() / 1_000)
    const usual = { sub: subject, aud: 'sts.amazonaws.com', iat: now - 7_200, exp: now + lifetimeSeconds }
    return issuer.sign({ ...usual, ...claims }, kid)
  }
  return {
    issuer: issuer.url,
    /** By this the emulator of AWS gives the cluster's pods its role. */
    trust: { EMULATOR_TRUSTED_ISSUER: issuer.url, EMULATOR_TRUSTED_SUBJECT: subject },
    /** By this the AWS SDK in a pod takes the role. */
    role: { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile },
    tokenFile,
    write,
    makeToken,
    /** Replaces the token file as the kubelet does: whole, by a rename. */
    project: async (claims?: Projected) => write(await makeToken(claims)),
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

/** Asks STS for a session of the role, as the AWS SDK does. */
export async function assumeRole(url: string, parameters: Readonly<Record<string, string>>) {
  const usual = { Version: '2011-06-15', Action: 'AssumeRoleWithWebIdentity', RoleSessionName: 'agent-pod' }
  const body = new URLSearchParams({ ...usual, ...parameters })
  const response = await fetch(url, { method: 'POST', body })
  const xml = await response.text()
  const read = (name: string) => new RegExp(`<${name}>([^<]+)`).exec(xml)?.[1] ?? ''
  const credentials = {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
  }
  return { response, xml, read, credentials }
}
