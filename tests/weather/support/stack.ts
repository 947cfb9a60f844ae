import { sidecarEntries } from '@entra-agents/agentctl/sidecar-entries'
import { nameSidecarEntries } from '@entra-agents/identity/core'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../../services/weather-api/src/app.ts'
import { readConfig } from '../../../services/weather-api/src/config.ts'
import {
  AgentStack,
  type Environment,
  logTo,
  type StackOverrides as Overrides,
  sharedEnvironment,
} from '../../support/agent-stack.ts'
import { identities } from '../../support/identities.ts'
import { findFreePort } from '../../support/ports.ts'
import { describeApi } from '../../support/register-api.ts'

const partNames = ['entra', 'sidecar', 'weather', 'agent'] as const
type PartName = (typeof partNames)[number]
export type StackOverrides = Overrides<PartName>

const appId = { WEATHER_API_APP_ID: identities.weatherAppId }
const weatherApi = describeApi('weather', identities.weatherAppId)
const weatherApis = [
  weatherApi,
  {
    ...weatherApi,
    scope: 'Alerts.ReadWrite',
    sidecarEntries: {
      ...nameSidecarEntries('weatherAlerts'),
      autonomous: weatherApi.sidecarEntries.autonomous,
    },
  },
]

/** The whole system: the agent, what gives it tokens, and the weather API. */
export class Stack extends AgentStack<PartName> {
  /** Every line that the weather API logged, if a test sets its log level. */
  readonly weatherLog: string[] = []

  static override async start(
    overrides: StackOverrides = {},
    parts: readonly PartName[] = partNames,
  ): Promise<Stack> {
    return new Stack(overrides, await findFreePort()).startAll(partNames, parts)
  }

  get weatherUrl(): string {
    return this.urlOf('weather')
  }

  protected override build(part: PartName, env: Environment): FastifyInstance | Promise<FastifyInstance> {
    return part === 'weather' ? buildApp(readConfig(env), logTo(this.weatherLog)) : super.build(part, env)
  }

  protected override environmentOf(part: PartName): Environment {
    const environment = super.environmentOf(part)
    switch (part) {
      case 'entra':
        return { ...environment, ...appId }
      case 'sidecar':
        return { ...environment, ...sidecarEntries(weatherApis) }
      case 'weather':
        return {
          ...sharedEnvironment,
          ...appId,
          ENTRA_AUTHORITY: this.entraUrl,
          WEATHER_PROVIDER: 'climate-normals',
        }
      case 'agent':
        return { ...environment, ...appId, MCP_CONFIG: undefined, WEATHER_API_URL: this.weatherUrl }
    }
  }
}
