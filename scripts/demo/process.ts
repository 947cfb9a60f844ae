import type { AgentIdentity } from '@entra-agents/identity/core'
import type { EnvironmentReader, Variables } from '@entra-agents/service-kit'

export interface DemoProcess {
  readonly name: string
  readonly main: string
  readonly port: number
  /** The variable that sets the port. */
  readonly variable: string
  /** The port of metrics, and the variable that sets it. */
  readonly metrics?: { readonly port: number; readonly variable: string }
  /** Responds with 200 when the process is ready. */
  readonly healthUrl: string
  readonly env: Readonly<Record<string, string>>
}

type Settings = Readonly<Record<string, string>>

/** An API that the demo brings along. */
export interface Example {
  /** The API's id, for all processes. */
  readonly ids: Settings
  /** Settings of the emulator of Entra. */
  readonly entraEnv: Settings
  /** Settings of the emulator of Bedrock. */
  readonly bedrockEnv?: Settings
  /** Settings of the agent, in place of which users may set others. `before` are those of the examples before this one. */
  agentEnv(ids: Settings, before: Settings): Settings
  /** The API's process. */
  describe(demo: DemoOfExample): DemoProcess
}

/** What the process of an example is described by. */
export interface DemoOfExample {
  /** The settings of every process. */
  readonly shared: Settings
  readonly entraUrl: string
  readonly agents: readonly AgentIdentity[]
}

/** Reads the ports of an example, and what the user sets; `undefined` if the demo is to be without it. */
export type ReadExample = (env: EnvironmentReader, variables: Variables) => Example | undefined
