import { AsyncLocalStorage } from 'node:async_hooks'
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'

/** Runs a call and tells when its response begins, with the id that AWS gave the request, by which CloudTrail knows it. */
export type NoteRequestId = <Result>(note: (id: string | undefined) => void, call: () => Result) => Result

/** LangChain loses both for a stream, so they are taken where the SDK has them. */
export function watchRequestIds(client: BedrockRuntimeClient): NoteRequestId {
  const notes = new AsyncLocalStorage<(id: string | undefined) => void>()
  client.middlewareStack.add(
    next => async sent => {
      const result = await next(sent)
      notes.getStore()?.(result.output.$metadata.requestId)
      return result
    },
    { step: 'initialize', name: 'noteRequestId' },
  )
  return (note, call) => notes.run(note, call)
}
