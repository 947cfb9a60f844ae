import { addControlPlane, ClockOffset, Faults, RequestLog, Settings } from '@entra-bedrock-agent/emulator-kit'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { SystemClock } from './clock.ts'

const Target = Type.Object(
  { path: Type.String({ description: 'Where the path begins, such as /AuthorizationHeader/.' }) },
  { additionalProperties: false },
)

/** What tests and people see and change of the sidecar while it runs, though the original has nothing of it. */
export class Controls {
  readonly #faults = new Faults(Target, Type.Never())
  readonly #settings = new Settings({ clockOffsetSeconds: ClockOffset }, { clockOffsetSeconds: 0 })
  readonly clock = new SystemClock(this.#settings)

  /** Adds `/emulator`, by which names it may be called. */
  addTo(app: FastifyInstance, allowedHosts: readonly string[]): void {
    const requests = new RequestLog<object>()
    addControlPlane(app, {
      about: { emulates: ['auth-sidecar'] },
      allowedHosts,
      requests,
      faults: this.#faults,
      settings: this.#settings,
      reset: () => {
        requests.clear()
        this.#faults.clear()
        this.#settings.reset()
      },
    })
  }

  /** Lets ordered faults strike a request; afterwards `reply.sent` tells whether anything is left to do. */
  async strike(path: string, reply: FastifyReply): Promise<void> {
    if (!path.startsWith('/emulator/'))
      await this.#faults.strike(reply, target => path.startsWith(target?.path ?? ''))
  }
}
