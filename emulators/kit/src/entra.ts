import { describeShapeFaults, explainPort } from '@entra-agents/service-kit'
import type { TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import type { InjectedFault } from '../../entra/src/emulator/faults.ts'
import { buildEntra } from './build-entra.ts'
import { post } from './control.ts'
import type { CustomToken, EntraFault, EntraRequest, FaultTarget, SignIn, Tokens } from './wire.ts'

export interface EntraOptions {
  /** The tenant: the path of a file (YAML or JSON), or what would be in it. */
  readonly seed: string | object
  /** Default: 0, a free one. */
  readonly port?: number
  /** Where it listens. Default: `localhost`. */
  readonly host?: string
  /** The URL by which all clients reach it, if it is another one than that of `port`; it becomes a part of the issuer. */
  readonly publicUrl?: string
  /** Whether it speaks https, with a new certificate that this process trusts. MSAL's clients insist on https. */
  readonly tls?: boolean
}

/** A running Entra with one tenant. */
export interface EmulatedEntra extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string
  /** What clients are configured with: `{url}/{tenantId}`. */
  readonly authority: string
  readonly tenantId: string
  /** `iss` of tokens of version 2. */
  readonly issuer: string
  /** The certificate to trust (PEM), if it speaks https. */
  readonly ca: string | undefined
  /** The client id of an application, blueprint or agent, or the object id of a user or group, by its name in the seed. */
  id(name: string): string
  /** Issues an access token, with any claims and lifetime. */
  issueToken(token: CustomToken): Promise<string>
  /** Signs a user in on the real page, as a browser does, and redeems the code as the application does. */
  signIn(wanted: SignIn): Promise<Tokens>
  /** Injects a fault into requests, by default into all until it is disposed: `using _ = entra.fault('obo', 50076)`. */
  fault(target: FaultTarget, fault: EntraFault, options?: { readonly times?: number }): Disposable
  readonly clock: {
    readonly now: Date
    /** Negative seconds move it back. */
    advance(seconds: number): void
    set(now: Date): void
  }
  /** Changes settings of the control plane, such as `{ tokenLifetimeSeconds: 60 }`. */
  changeSettings(settings: Readonly<Record<string, unknown>>): void
  /** Signs with a new key from now on; the old one stays published for an hour, or as long as you say. */
  rotateKeys(options?: { readonly overlapSeconds?: number }): Promise<void>
  /** The latest requests, the oldest first. */
  readonly requests: readonly EntraRequest[]
  /** Restores what was at the start: directory, clock, settings, no faults, no requests, no sessions. The keys stay. */
  reset(): void
  close(): Promise<void>
}

/** Starts an Entra in this process. @throws with all faults of the seed, in words */
export async function startEntra(options: EntraOptions): Promise<EmulatedEntra> {
  const { seed, port = 0, host = 'localhost', publicUrl, tls } = options
  const env = { PORT: String(port), HOST: host, PUBLIC_URL: publicUrl, LOG_LEVEL: 'silent' }
  const { app, config, ca } = buildEntra({ env, seed, tls })
  await app.listen({ host, port }).catch(async error => {
    await app.close()
    throw new Error(explainPort(error.code, String(port), 'port') ?? error.message, { cause: error })
  })
  const { entra } = app
  const close = async () => {
    await app.close()
  }
  const changeSettings = (settings: object) => {
    refuse(entra.settings.schema, settings, 'These settings cannot be')
    entra.settings.change(settings)
  }
  const moveClock = (milliseconds: number) =>
    changeSettings({ clockOffsetSeconds: Math.ceil((milliseconds - Date.now()) / 1_000) })
  return {
    url: entra.publicUrl,
    authority: `${entra.publicUrl}/${config.tenantId}`,
    tenantId: config.tenantId,
    issuer: entra.issuerV2,
    ca,
    id: name => findId(config.seed?.ids ?? {}, name),
    issueToken: async token => (await post(app, 'tokens', token)).access_token,
    signIn: wanted => post(app, 'sign-in', wanted),
    fault(leg, fault, limits = {}) {
      const what = typeof fault === 'number' ? { kind: 'refuse', code: fault } : fault
      const injected = { target: { leg }, fault: what, ...limits }
      refuse(entra.faults.schema, [injected], 'This fault cannot be')
      return entra.faults.inject(injected as InjectedFault)
    },
    clock: {
      get now() {
        return new Date(entra.clock.nowMs())
      },
      advance: seconds => moveClock(entra.clock.nowMs() + seconds * 1_000),
      set: now => moveClock(now.getTime()),
    },
    changeSettings,
    async rotateKeys({ overlapSeconds = 3_600 } = {}) {
      await post(app, 'keys/rotate', { overlapSeconds })
    },
    get requests() {
      return entra.requests.all
    },
    reset: () => entra.reset(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function refuse(schema: TSchema, value: unknown, sentence: string): void {
  if (Check(schema, value)) return
  const faults = new Set(describeShapeFaults(Errors(schema, value)))
  throw new TypeError(`${sentence} (${[...faults].join('; ')}): ${JSON.stringify(value)}`)
}

function findId(ids: Readonly<Record<string, ReadonlyMap<string, string>>>, name: string): string {
  const found = Object.values(ids).flatMap(names => names.get(name) ?? [])
  const names = Object.entries(ids).map(
    ([kind, those]) => `${kind} ${[...those.keys()].join(', ') || 'none'}`,
  )
  if (found.length === 1 && found[0] !== undefined) return found[0]
  throw new RangeError(
    `The seed has ${found.length === 0 ? 'nobody' : 'more than one'} of the name "${name}": ${names.join('; ')}.`,
  )
}
