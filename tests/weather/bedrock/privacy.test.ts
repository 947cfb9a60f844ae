import { inspect } from 'node:util'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { registerConfigureHook } from '@langchain/core/context'
import { expect, it, vi } from 'vitest'
import { answer, ScriptedBedrock, toolBlock, toolStep } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectScripted, runTurn, sunnyClient } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())

const dumpedValues: string[] = []
const events = ['ChatModelStart', 'LLMStart', 'LLMNewToken', 'LLMEnd', 'ChainStart', 'ChainEnd', 'ChainError']
const handlers = [...events, 'ToolStart', 'ToolEnd', 'CustomEvent'].map(event => `handle${event}`)

/** A LangChain callback handler that keeps whatever it is shown, as a tracer would. */
class DumpingHandler extends BaseCallbackHandler {
  override name = 'dump-everything'
  constructor() {
    super()
    const inherited = Object.getOwnPropertyNames(BaseCallbackHandler.prototype)
    for (const name of [...handlers, ...inherited.filter(method => method.startsWith('handle'))])
      Reflect.set(this, name, (...shown: unknown[]) => {
        const all = { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }
        dumpedValues.push(name, inspect(shown, all))
      })
  }
}

it('The user’s token reaches the tool, but not callbacks, the trace or the model', async () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWFkYQ'
  vi.stubEnv('DUMP_EVERYTHING', 'true')
  registerConfigureHook({ handlerClass: DumpingHandler, envVar: 'DUMP_EVERYTHING', inheritable: true })
  server.play(toolStep(toolBlock(0, 'tooluse_0', 'get_weather', '{"city":"Oslo"}')), answer('Cold.'))
  let given = ''
  const weather = sunnyClient({
    current: async (context, city) => {
      given = context.turn.user?.raw ?? ''
      return sunnyClient().current(context, city)
    },
  })
  const user = { raw: token, objectId: 'ada', claims: {} } as never
  const turn = await runTurn(connectScripted(server, {}, weather).mode, { flow: 'obo', user })

  expect(given).toBe(token)
  expect(dumpedValues).toContain('handleChainStart')
  const everything = [...dumpedValues, JSON.stringify(turn), JSON.stringify(server.requests)].join('\n')
  expect(everything).toContain('get_weather')
  expect(everything).not.toContain(token.slice(0, 12))
  expect(everything).not.toContain('c2lnbmF0dXJl')
})

it('LangChain’s own tracing is off, even if environment variables switch it on', async () => {
  for (const name of ['LANGSMITH_TRACING', 'LANGCHAIN_TRACING_V2', 'LANGCHAIN_VERBOSE'])
    vi.stubEnv(name, 'true')
  vi.stubEnv('LANGSMITH_ENDPOINT', `${server.url}/langsmith`)
  vi.stubEnv('LANGSMITH_API_KEY', 'lsv2_example')
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
  server.requests.length = 0
  server.play(answer('Cold.'))
  await runTurn(connectScripted(server).mode)
  expect(process.env['LANGSMITH_TRACING']).toBeUndefined()
  expect(printed).not.toHaveBeenCalled()
  const paths = server.requests.map(({ path }) => path)
  expect(paths).toEqual(['/model/eu.anthropic.claude-haiku-5-5/converse-stream'])
})
