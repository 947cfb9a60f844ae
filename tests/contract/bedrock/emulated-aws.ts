import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../../emulators/bedrock/src/app.ts'
import { readConfig } from '../../../emulators/bedrock/src/config.ts'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/controls.ts'

export const region = 'eu-central-1'

/** The emulator of Bedrock and STS on a socket of its own; it checks every signature, key and token for real. */
export class EmulatedAws {
  readonly app: FastifyInstance

  private constructor(app: FastifyInstance) {
    this.app = app
  }

  static async start(environment: Record<string, string> = {}): Promise<EmulatedAws> {
    // Loaded first, since loading blocks this process, in which other parts of the system run as well.
    await import('../../../services/agent/src/bedrock/bedrock-mode.ts')
    const app = buildApp(readConfig({ AWS_REGION: region, LOG_LEVEL: 'silent', ...environment }))
    await app.listen({ host: '127.0.0.1', port: 0 })
    return new EmulatedAws(app)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.app.server.address() as AddressInfo).port}`
  }

  /** What an agent needs to reach the emulator, besides a credential. */
  get environment(): Record<string, string> {
    return { AWS_REGION: region, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: this.url, AWS_ENDPOINT_URL_STS: this.url }
  }

  /** Makes the next calls go wrong, until `reset`. */
  break(fault: InjectedFault['fault']): void {
    this.app.controls.faults.inject({ fault })
  }

  reset(): void {
    this.app.controls.reset()
  }

  async close(): Promise<void> {
    await this.app.close()
  }
}

/** Keys that work: the emulator's defaults. */
export const staticKeys = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
