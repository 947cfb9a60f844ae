import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificateFile } from '../../../../emulators/auth-sidecar/src/testing/certificate-file.ts'
import { commonEnvironment, type Recording } from './recording.ts'
import { recordedInstance } from './scripted-entra.ts'
import { signByEntra } from './tokens.ts'

const recordedDownstream = 'http://127.0.0.1:8099'
const assertionLifetimeSeconds = 3605

export interface MaterialsOptions {
  readonly instance: string
  readonly downstream: string
  readonly nowSeconds: () => number
}

/** The environment of a scenario, with local URLs and the files that it names. */
export class Materials {
  readonly #folder: string
  readonly #options: MaterialsOptions

  private constructor(folder: string, options: MaterialsOptions) {
    this.#folder = folder
    this.#options = options
  }

  static async create(options: MaterialsOptions): Promise<Materials> {
    return new Materials(await mkdtemp(join(tmpdir(), 'sidecar-replay-')), options)
  }

  /** The common environment with the scenario's changes; `null` removes a variable. */
  async localise(environment: Recording['environment']): Promise<Record<string, string>> {
    const result: Record<string, string> = {}
    for (const [name, value] of Object.entries({ ...commonEnvironment, ...environment })) {
      if (value !== null) result[name] = await this.#localiseValue(value)
    }
    return result
  }

  /** Carries out what a recording did between two calls. */
  async perform(did: string): Promise<void> {
    if (did !== 'created the assertion file') throw new Error(`The recording did something unknown: ${did}`)
    await this.#writeAssertion(this.#assertionPath)
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }

  get #assertionPath(): string {
    return join(this.#folder, 'azure-identity-token')
  }

  async #localiseValue(value: string): Promise<string> {
    if (value.startsWith('<a file with a JWT')) return this.#writeAssertion(this.#assertionPath)
    if (value === '<a file that does not exist at start>') return this.#assertionPath
    if (value === '<a .pfx file>') return this.#writeCertificate()
    if (value.startsWith('<')) throw new Error(`The recording needs something unknown: ${value}`)
    const { instance, downstream } = this.#options
    return value.replace(recordedInstance, instance).replace(recordedDownstream, downstream)
  }

  async #writeAssertion(path: string): Promise<string> {
    const now = this.#options.nowSeconds()
    const times = { iat: now, nbf: now, exp: now + assertionLifetimeSeconds }
    const who = { iss: 'https://cluster.example', sub: 'system:serviceaccount:ns:sa' }
    await writeFile(path, signByEntra({ ...times, ...who, aud: ['api://AzureADTokenExchange'] }))
    return path
  }

  async #writeCertificate(): Promise<string> {
    const path = join(this.#folder, 'blueprint.pfx')
    await writeFile(path, makeCertificateFile('pw'))
    return path
  }
}
