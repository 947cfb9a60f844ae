import type { LinkedAbort } from '@entra-agents/service-kit'
import { isSendError, SendError } from '@entra-agents/service-kit/send'
import type { DownstreamApi } from '../downstream-api.ts'
import { IdentityError } from '../identity-error.ts'
import { echoedTokenProblem, explainThrown, tooLongResponseProblem } from './api-failures.ts'
import { searchFor } from './echoed-token.ts'

export interface BodyLimits {
  /** Ends the request. Disposed of with the body. */
  readonly abort: LinkedAbort
  readonly maxBytes: number
  /** How long the API may pause between two pieces; without it, as long as it likes. */
  readonly pauseMs: number | undefined
}

/** Characters of a piece that are searched again with the next piece: an echo may be split between them, and percent-encoded. */
const searchedAgain = 64

/**
 * The pieces of a body, none of them behind a piece that holds a part of one of these tokens. A piece is read when it is asked for.
 *
 * @throws {IdentityError} API_ECHOED_TOKEN, API_UNAVAILABLE for a body that breaks off, pauses or is too long; or the signal's reason
 */
export async function* checkBody(
  api: DownstreamApi,
  body: AsyncIterable<Uint8Array>,
  tokens: readonly string[],
  { abort, maxBytes, pauseMs }: BodyLimits,
): AsyncGenerator<Uint8Array, void> {
  const holdsToken = searchFor(tokens)
  const pieces = body[Symbol.asyncIterator]()
  let bytes = 0
  let before = ''
  try {
    for (;;) {
      const { done, value } = await within(pauseMs, abort, () => pieces.next())
      if (done) return
      bytes += value.byteLength
      if (bytes > maxBytes) throw tooLongResponseProblem(api, maxBytes)
      const text = before + Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
      if (holdsToken(text)) throw echoedTokenProblem(api)
      before = text.replace(/[^A-Za-z0-9%]+/g, '').slice(-searchedAgain)
      yield value
    }
  } catch (error) {
    const { aborted, reason } = abort.signal
    if (aborted && !isSendError(reason)) throw reason
    throw IdentityError.of(explainThrown(api, error))
  } finally {
    abort[Symbol.dispose]()
    await pieces.return?.()
  }
}

/** Ends a request if this work takes longer. */
export async function within<Result>(
  limitMs: number | undefined,
  abort: LinkedAbort,
  work: () => Promise<Result>,
): Promise<Result> {
  const late = () => abort.abort(new SendError('timeout', `Nothing came for ${limitMs} ms.`))
  const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
