import { createHash } from 'node:crypto'
import type { Clock } from '@entra-agents/emulator-kit'
import { LRUCache } from 'lru-cache'
import type { CachePoint, ConverseRequest } from '../wire/converse-request.ts'
import type { Model } from './models.ts'

/** The part of a prompt in front of one position. */
export interface Prefix {
  readonly hash: string
  readonly tokens: number
  /** The requested lifetime, if there is a cache point at this position. */
  readonly lifetime?: CacheLifetime
}
type CacheLifetime = keyof typeof cacheLifetimesMs

/** Input tokens as Converse reports them: each token counts in one of the three numbers only. */
export type InputUsage = Readonly<ReturnType<PromptCache['use']>>

export const cacheLifetimesMs = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const
/** How many blocks before a cache point are searched for a cached prefix. */
const lookBackBlocks = 20

/** The prefixes of a request: one for each block of tools, system prompt and messages, in this order. */
export function readPrefixes(modelId: string, { toolConfig, system, messages }: ConverseRequest): Prefix[] {
  const hash = createHash('sha256').update(modelId)
  const prefixes: Prefix[] = []
  let characters = 0
  const read = (section: string, blocks: readonly { readonly cachePoint?: CachePoint }[]) => {
    for (const block of blocks) {
      const last = prefixes.at(-1)
      if (block.cachePoint) {
        if (last) prefixes[prefixes.length - 1] = { ...last, lifetime: block.cachePoint.ttl ?? '5m' }
        continue
      }
      const text = JSON.stringify([section, block])
      characters += text.length
      hash.update(text)
      // An estimate: four characters a token, as in English text.
      prefixes.push({ hash: hash.copy().digest('hex'), tokens: Math.ceil(characters / 4) })
    }
  }
  read('tools', toolConfig?.tools ?? [])
  read('system', system ?? [])
  for (const { role, content } of messages) read(role, content)
  return prefixes
}

/** The prefixes that ended with a cache point. Each is kept until its lifetime has passed without another use. */
export class PromptCache {
  /** The lifetimes of known prefixes, by their hashes. */
  readonly #known: LRUCache<string, CacheLifetime>

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#known = new LRUCache({ max: 10_000, ttlResolution: 0, perf: { now: () => clock.nowMs() } })
  }

  /** Reads the longest known prefix within `lookBackBlocks` of a cache point; keeps cache points' prefixes if long enough. */
  use({ cacheMinimumTokens: minimum = Infinity }: Model, prefixes: readonly Prefix[]) {
    const total = prefixes.at(-1)?.tokens ?? 0
    const points = prefixes.filter(({ lifetime, tokens }) => lifetime && tokens >= minimum)
    const known = prefixes.findLast(
      ({ hash }, index) => this.#known.has(hash) && isWithinLookBack(prefixes, points, index),
    )
    for (const { hash, lifetime } of known ? [known, ...points] : points) this.#keep(hash, lifetime)
    const readTokens = known?.tokens ?? 0
    const cachedTokens = Math.max(readTokens, points.at(-1)?.tokens ?? 0)
    return {
      inputTokens: total - cachedTokens,
      cacheReadInputTokens: readTokens,
      cacheWriteInputTokens: cachedTokens - readTokens,
    }
  }

  clear(): void {
    this.#known.clear()
  }

  /** Without a requested lifetime, the earlier lifetime of the prefix starts again. */
  #keep(hash: string, asked: CacheLifetime | undefined): void {
    const lifetime = asked ?? this.#known.get(hash) ?? '5m'
    this.#known.set(hash, lifetime, { ttl: cacheLifetimesMs[lifetime] })
  }
}

function isWithinLookBack(prefixes: readonly Prefix[], points: readonly Prefix[], index: number): boolean {
  return points.some(point => {
    const distance = prefixes.indexOf(point) - index
    return distance >= 0 && distance <= lookBackBlocks
  })
}
