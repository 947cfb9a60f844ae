import { inspect } from 'node:util'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { registerConfigureHook } from '@langchain/core/context'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ScriptedBedrock, stopEvents, textBlock, toolBlock } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, credentials, runTurn, sunnyClient } from './run-turn.ts'

const dumpedValues: string[] = []

/** A LangChain callback handler that keeps whatever it is shown, as a tracer would. */
class DumpingHandler extends BaseCallbackHandler {
  override name = 'dump-everything'
  constructor() {
    super()
    const methods = Object.getOwnPropertyNames(BaseCallbackHandler.prototype)
    const names = [
      ...methods,
      'handleChatModelStart',
      'handleLLMStart',
      'handleLLMNewToken',
      'handleLLMEnd',
      'handleChainStart',
      'handleChainEnd',
      'handleChainError',
      'handleToolStart',
      'handleToolEnd',
      'handleCustomEvent',
    ]
    for (const name of names.filter(candidate => candidate.startsWith('handle'))) {
      Reflect.set(this, name, (...shown: unknown[]) => {
        dumpedValues.push(
          name,
          inspect(shown, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }),
        )
      })
    }
  }
}

const server = await forFile(new ScriptedBedrock().start())
beforeEach(() => {
  dumpedValues.length = 0
  server.requests.length = 0
})

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWFkYQ'

describe('the user’s token', () => {
  it('reaches the tool, but not callbacks, the trace or the model', async () => {
    vi.stubEnv('DUMP_EVERYTHING', 'true')
    registerConfigureHook({ handlerClass: DumpingHandler, envVar: 'DUMP_EVERYTHING', inheritable: true })
    server.play(
      [...toolBlock(0, 'tooluse_0', 'get_weather', '{"city":"Oslo"}'), ...stopEvents('tool_use')],
      [...textBlock('Cold.'), ...stopEvents('end_turn')],
    )
    let given = ''
    const weather = sunnyClient({
      current: async (context, city) => {
        const { turn } = context
        given = turn.user?.raw ?? ''
        return sunnyClient().current(context, city)
      },
    })
    const { mode, bedrock } = connectMode({ ...credentials, AWS_ENDPOINT_URL: server.url }, weather)
    const turn = await runTurn(mode, {
      flow: 'obo',
      user: { raw: token, objectId: 'ada', claims: {} } as never,
    })
    bedrock.close()

    expect(given).toBe(token)
    expect(dumpedValues).toContain('handleChainStart')
    const everything = [...dumpedValues, JSON.stringify(turn), JSON.stringify(server.requests)].join('\n')
    expect(everything).toContain('get_weather')
    expect(everything).not.toContain(token.slice(0, 12))
    expect(everything).not.toContain('c2lnbmF0dXJl')
  })
})

describe('LangChain’s own tracing', () => {
  it('is off, even if environment variables switch it on', async () => {
    for (const name of ['LANGSMITH_TRACING', 'LANGCHAIN_TRACING_V2', 'LANGCHAIN_VERBOSE'])
      vi.stubEnv(name, 'true')
    vi.stubEnv('LANGSMITH_ENDPOINT', `${server.url}/langsmith`)
    vi.stubEnv('LANGSMITH_API_KEY', 'lsv2_example')
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    server.play([...textBlock('Cold.'), ...stopEvents('end_turn')])
    const { mode, bedrock } = connectMode({ ...credentials, AWS_ENDPOINT_URL: server.url })
    await runTurn(mode)
    bedrock.close()
    expect(process.env['LANGSMITH_TRACING']).toBeUndefined()
    expect(printed).not.toHaveBeenCalled()
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/model/eu.anthropic.claude-haiku-5-5/converse-stream',
    ])
  })
})
