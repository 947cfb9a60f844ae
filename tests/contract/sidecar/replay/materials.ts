import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificateFile } from '../../../../emulators/auth-sidecar/src/testing/certificate-file.ts'
import { commonEnvironment, type Recording } from './recording.ts'
import { recordedInstance } from './scripted-entra.ts'
import { signByEntra } from './tokens.ts'

const recordedDownstream = 'http://127.0.0.1:8099'
const assertionLifetimeSeconds = 3605

interface Surroundings {
  readonly instance: string
  readonly downstream: string
  readonly nowSeconds: () => number
}

export type Materials = Awaited<ReturnType<typeof prepareMaterials>>

/** The common environment with a scenario's changes, with local URLs and the files that it names; `null` removes a variable. */
export async function prepareMaterials(changes: Recording['environment'], surroundings: Surroundings) {
  const { instance, downstream, nowSeconds } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'sidecar-replay-'))
  const assertionPath = join(folder, 'azure-identity-token')

  async function writeAssertion(): Promise<string> {
    const now = nowSeconds()
    const times = { iat: now, nbf: now, exp: now + assertionLifetimeSeconds }
    const who = { iss: 'https://cluster.example', sub: 'system:serviceaccount:ns:sa' }
    await writeFile(assertionPath, signByEntra({ ...times, ...who, aud: ['api://AzureADTokenExchange'] }))
    return assertionPath
  }

  async function writeCertificate(): Promise<string> {
    const path = join(folder, 'blueprint.pfx')
    await writeFile(path, makeCertificateFile('pw'))
    return path
  }

  async function localise(value: string): Promise<string> {
    if (value.startsWith('<a file with a JWT')) return writeAssertion()
    if (value === '<a file that does not exist at start>') return assertionPath
    if (value === '<a .pfx file>') return writeCertificate()
    if (value.startsWith('<')) throw new Error(`The recording needs something unknown: ${value}`)
    return value.replace(recordedInstance, instance).replace(recordedDownstream, downstream)
  }

  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...commonEnvironment, ...changes })) {
    if (value !== null) environment[name] = await localise(value)
  }
  return {
    environment,
    /** Carries out what a recording did between two calls. */
    async perform(did: string): Promise<void> {
      if (did !== 'created the assertion file') throw new Error(`The recording did something unknown: ${did}`)
      await writeAssertion()
    },
    remove: () => rm(folder, { recursive: true }),
  }
}
