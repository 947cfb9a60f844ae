import type { Model } from '../account/models.ts'
import { BedrockError } from '../wire/bedrock-error.ts'
import type { ConverseRequest } from '../wire/converse-request.ts'
import { modelError } from './check-conversation.ts'

const maxCachePoints = 4

/**
 * Checks that the model accepts the cache points of a request.
 *
 * @throws {BedrockError} with Bedrock's text
 */
export function checkCachePoints({ toolConfig, system, messages }: ConverseRequest, model: Model): void {
  const blocks = [toolConfig?.tools ?? [], system ?? [], ...messages.map(({ content }) => content)].flat()
  const points = blocks.flatMap(({ cachePoint }) => cachePoint ?? [])
  if (points.length === 0) return
  if (model.cacheMinimumTokens === undefined) {
    throw new BedrockError(
      'AccessDeniedException',
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    )
  }
  if (points.length > maxCachePoints) {
    throw modelError(
      `A maximum of ${maxCachePoints} blocks with cache_control may be provided. Found ${points.length}.`,
    )
  }
  const lifetimes = points.map(({ ttl = '5m' }) => ttl)
  if (lifetimes.includes('5m') && lifetimes.lastIndexOf('1h') > lifetimes.indexOf('5m')) {
    throw modelError(
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    )
  }
}
