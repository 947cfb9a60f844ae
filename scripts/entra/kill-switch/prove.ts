import { decodeJwt } from 'jose'
import type { Clock } from '../patience.ts'
import type { Answer, Probe } from './probe.ts'
import { Series } from './series.ts'

/** How many refusals in a row with the same code, and how many successful calls of the other agents, a proof needs. */
const neededResults = 10
const pollIntervalMs = 150
const longestIntervalMs = 5_000
/** The code by which Entra refuses an agent that is switched off. */
const disabledCode = 'AADSTS7000112'
/** How long an API may still accept an expired token, since clocks differ. */
const toleranceMs = 60_000

/** How many other agents are polled: more would only mean more requests to Entra. */
const maxControls = 2

export interface Sibling {
  readonly name: string
  readonly id: string
}

export interface ProofOptions {
  readonly probe: Probe
  readonly clock: Clock
  readonly agentId: string
  /** Other agents, which stay on: without a working agent, an outage would look like a working switch. */
  readonly siblings: readonly Sibling[]
  /** How long to poll at most, in seconds from the start of switching off. */
  readonly limitSeconds: number
  /** Whether the API is to refuse tokens from before the switch. */
  readonly hasDenyList: boolean
}

export interface Proof {
  /** When switching off began, in milliseconds since 1970. */
  readonly startMs: number
  readonly series: Readonly<Record<'fresh' | 'cached' | 'api', Series>>
  /** The results of the other agents. */
  readonly controls: readonly Series[]
  /** When the last token from before the switch expires, in milliseconds since 1970. */
  readonly expiresMs: number
  /** Whether the proof waited for the API to refuse the token from before the switch. */
  readonly isApiAwaited: boolean
  /** Why the proof failed; empty if it succeeded. */
  readonly doubts: readonly string[]
}

/**
 * Switches an agent off, and polls several times a second whether it still gets tokens and whether the API still accepts an older token.
 * Up to two other agents that worked before are polled as well and have to go on working; without any, the proof fails.
 */
export async function prove(options: ProofOptions, switchOff: () => Promise<unknown>): Promise<Proof> {
  const { probe, clock, agentId, siblings, hasDenyList, limitSeconds } = options
  const series = {
    fresh: new Series('new token, past the sidecar’s cache'),
    cached: new Series('token from the sidecar’s cache'),
    api: new Series('call with a token from before'),
  }
  let controls: readonly Control[] = siblings.map(({ name, id }) => ({
    id,
    series: new Series(`control "${name}"`),
  }))
  const { token = '' } = await probe.fetchToken(agentId, true)
  const ask = (): Promise<readonly Answer[]> => {
    const watched: readonly (readonly [of: Series, act: () => Promise<Answer>])[] = [
      [series.fresh, () => probe.fetchToken(agentId, true)],
      [series.cached, () => probe.fetchToken(agentId, false)],
      [series.api, () => probe.callApi(token)],
      ...controls.map(one => [one.series, () => useNewToken(probe, one.id)] as const),
    ]
    return Promise.all(
      watched.map(async ([of, act]) => {
        const sentMs = clock.nowMs()
        const answer = await act()
        of.note(answer, sentMs, clock.nowMs())
        return answer
      }),
    )
  }
  await ask()
  const working = controls.filter(one => one.series.failure === undefined)
  controls = (working.length > 0 ? working : controls).slice(0, maxControls)
  const controlSeries = controls.map(one => one.series)
  const broken = [...Object.values(series), ...controlSeries].filter(({ failure }) => failure !== undefined)
  const expiresMs = token === '' ? 0 : Number(decodeJwt(token).exp) * 1_000
  const startMs = clock.nowMs()
  const endMs = startMs + limitSeconds * 1_000
  const isApiAwaited = hasDenyList || expiresMs + toleranceMs < endMs
  let state: 'on' | 'off' | 'failed' = 'on'
  const isOver = () => {
    const isCut = isCutOff(series.fresh) && (isCutOff(series.api) || !isApiAwaited)
    const isControlled = controlSeries.every(({ given }) => given >= neededResults)
    return state === 'failed' || (state === 'off' && ((isCut && isControlled) || clock.nowMs() > endMs))
  }
  const watching = watch(ask, clock, isOver)
  try {
    await switchOff()
    state = 'off'
  } finally {
    if (state !== 'off') state = 'failed'
    await watching
  }
  const doubts = [
    ...broken.map(({ title, failure }) => `It did not work before (${title}: ${failure}).`),
    ...findDoubts(series, controlSeries, { hasDenyList, isApiAwaited }),
  ]
  return { startMs, series, controls: controlSeries, expiresMs, isApiAwaited, doubts }
}

interface Control {
  readonly id: string
  readonly series: Series
}

const isCutOff = ({ refused }: Series) => (refused?.times ?? 0) >= neededResults

async function useNewToken(probe: Probe, agentId: string): Promise<Answer> {
  const { token, ...answer } = await probe.fetchToken(agentId, true)
  return token === undefined ? answer : probe.callApi(token)
}

/** Polls until `isOver`; less often while an answer is `busy`. */
async function watch(
  ask: () => Promise<readonly Answer[]>,
  clock: Clock,
  isOver: () => boolean,
): Promise<void> {
  let ms = pollIntervalMs
  while (!isOver()) {
    await clock.wait(ms)
    const isBusy = (await ask()).some(({ kind }) => kind === 'busy')
    ms = isBusy ? Math.min(ms * 2, longestIntervalMs) : pollIntervalMs
  }
}

function findDoubts(
  { fresh, api }: Proof['series'],
  controls: readonly Series[],
  { hasDenyList, isApiAwaited }: Pick<ProofOptions, 'hasDenyList'> & Pick<Proof, 'isApiAwaited'>,
): readonly string[] {
  const cutsApi = hasDenyList ? /deny-list/ : /lifetime|deny-list/
  // biome-ignore format: table
  const doubts: readonly (readonly [holds: boolean, words: string])[] = [
    [controls.length === 0, 'There is no other agent as a control, and an outage would look alike.'],
    ...controls.map(({ title, failed, failure }) =>
      [failed > 0, `The ${title} failed too (${failure}), so this may have been an outage.`] as const,
    ),
    [!isCutOff(fresh), `Entra still issued new tokens, or did not answer (${fresh.failure ?? 'issued'}).`],
    [isCutOff(fresh) && fresh.refused?.code !== disabledCode, `Entra refused with ${fresh.refused?.code}, and not with ${disabledCode}.`],
    [isApiAwaited && !isCutOff(api), `The API still accepted a token from before, or did not answer (${api.failure ?? 'accepted'}).`],
    [isCutOff(api) && !cutsApi.test(api.refused?.code ?? ''), `The API refused for another reason: ${api.refused?.code}.`],
  ]
  return doubts.filter(([holds]) => holds).map(([, words]) => words)
}
