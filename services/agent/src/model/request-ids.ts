import { AsyncLocalStorage } from 'node:async_hooks'
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'

/** Runs a call and hands over the id that AWS gives its request, by which CloudTrail knows it, as soon as there is a response. */
export type NoteRequestId = <Result>(note: (id: string) => void, call: () => Result) => Result

/** LangChain loses the id of a streamed response, so it is taken where the SDK has it. */
export function watchRequestIds(client: BedrockRuntimeClient): NoteRequestId {
  const notes = new AsyncLocalStorage<(id: string) => void>()
  client.middlewareStack.add(
    next => async sent => {
      const result = await next(sent)
      const { requestId } = result.output.$metadata
      if (requestId !== undefined) notes.getStore()?.(requestId)
      return result
    },
    { step: 'initialize', name: 'noteRequestId' },
  )
  return (note, call) => notes.run(note, call)
}
