import type { EnvironmentReader } from '@entra-bedrock-agent/service-kit'
import type { Toolset } from './toolset.ts'
import { readWeatherToolset } from './weather/toolset.ts'

/** Makes the tools of one API from its configuration. */
export type ReadToolset = (env: EnvironmentReader) => Toolset

/** Every API that the agent has tools for. Another API is another folder, and a line here. */
export const toolsetReaders: readonly ReadToolset[] = [readWeatherToolset]
