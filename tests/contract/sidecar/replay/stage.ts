import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../../../emulators/auth-sidecar/src/app.ts'
import type { Clock } from '../../../../emulators/auth-sidecar/src/clock.ts'
import { readConfig } from '../../../../emulators/auth-sidecar/src/config.ts'
import type { LocalServer } from '../../../../packages/service-kit/src/testing/local-server.ts'
import { startDownstream } from './downstream.ts'
import type { Behaviour } from './entra-behaviour.ts'
import { Materials } from './materials.ts'
import type { Recording } from './recording.ts'
import { ScriptedEntra } from './scripted-entra.ts'

export interface StageOptions {
  readonly environment: Recording['environment']
  readonly behaviour: Behaviour
  /** Default: the system's clock. */
  readonly clock?: Clock
  /** The factor by which waiting is faster than in real time. */
  readonly speed: number
}

/** The emulator on a port of its own, with a scripted Entra and a downstream API. */
export class Stage implements AsyncDisposable {
  readonly app: FastifyInstance
  readonly entra: ScriptedEntra
  readonly materials: Materials
  readonly #downstream: LocalServer

  private constructor(
    app: FastifyInstance,
    entra: ScriptedEntra,
    materials: Materials,
    downstream: LocalServer,
  ) {
    this.app = app
    this.entra = entra
    this.materials = materials
    this.#downstream = downstream
  }

  static async set({ environment, behaviour, clock, speed }: StageOptions): Promise<Stage> {
    const nowSeconds = () => Math.floor((clock?.nowMs() ?? Date.now()) / 1000)
    const entra = await new ScriptedEntra({ behaviour, nowSeconds, speed }).start()
    const downstream = await startDownstream()
    const addresses = { instance: entra.url, downstream: downstream.url }
    const materials = await Materials.create({ ...addresses, nowSeconds })
    const config = readConfig({
      Logging__LogLevel__Default: 'None',
      ...(await materials.localise(environment)),
    })
    const app = buildApp(config, clock ? { clock } : {})
    await app.listen({ host: '::', port: 0 })
    return new Stage(app, entra, materials, downstream)
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close()
    await Promise.all([this.#downstream.close(), this.entra.close(), this.materials.remove()])
  }
}
