import { DatabaseSync } from 'node:sqlite'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { ask, bearer, continueTurn, type TurnOutcome } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import type { Environment } from '../../support/agent-stack.ts'
import { Stack } from './stack.ts'

export interface Asked {
  readonly mode: string
  /** The user's token; without it, the agent acts as itself. */
  readonly token?: string | undefined
  readonly message?: string | undefined
  readonly pauseFor?: readonly string[]
  /** Default: the stack's agent. */
  readonly url?: string
}

export const dateIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** Turns about alerts in both modes. Each test has an alert of its own, at another temperature. */
export class AlertTurns {
  readonly untilDate = dateIn(30)
  readonly stack: Stack
  readonly #aws: EmulatedAws
  readonly #file: string
  #celsius = 60

  private constructor(stack: Stack, aws: EmulatedAws, file: string) {
    this.stack = stack
    this.#aws = aws
    this.#file = file
  }

  static async start(agent: Environment = {}): Promise<AlertTurns> {
    const [file, aws] = [temporaryFile('alerts.sqlite'), await EmulatedAws.start()]
    const settings = { ...staticKeys, ...aws.environment, BEDROCK_PROBE: 'off', WEATHER_API_ALERTS: 'true' }
    const stack = await Stack.start({ weather: { ALERTS_FILE: file }, agent: { ...settings, ...agent } })
    return new AlertTurns(stack, aws, file)
  }

  next(): void {
    this.#celsius = Math.round((this.#celsius - 0.1) * 10) / 10
  }

  get newAlert() {
    return {
      city: 'Oslo',
      when: { kind: 'temperature-below', celsius: this.#celsius },
      untilDate: this.untilDate,
    }
  }

  get question(): string {
    return `Warn me when Oslo falls below ${this.#celsius} °C until ${this.untilDate}`
  }

  async ask({ mode, token, message = this.question, pauseFor = [], url = this.stack.agentUrl }: Asked) {
    const asked = { mode, message, flow: token === undefined ? 'autonomous' : 'obo', pauseFor }
    const { status, body } = await ask(url, asked, token === undefined ? {} : bearer(token))
    return { status, body: body as unknown as TurnOutcome }
  }

  decide(
    decision: 'approve' | 'deny',
    turn: TurnOutcome,
    token: string,
    url = this.stack.agentUrl,
    signal?: AbortSignal,
  ) {
    return continueTurn(url, turn, decision, bearer(token), signal)
  }

  /** The alerts of this test. */
  get stored() {
    using database = new DatabaseSync(this.#file)
    const rows = database.prepare('SELECT id, owner FROM alerts WHERE celsius = ?').all(this.#celsius)
    return rows.map(({ id, owner }) => ({ id: String(id), owner: String(owner) }))
  }

  /** Forgets all alerts, since a user may have few. */
  forget(): void {
    using database = new DatabaseSync(this.#file)
    database.exec('DELETE FROM alerts')
  }

  async close(): Promise<void> {
    await this.stack.close()
    await this.#aws.close()
  }
}
