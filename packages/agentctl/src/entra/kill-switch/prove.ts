import { decodeJwt } from 'jose'
import type { Clock } from '../patience.ts'
import type { Probe } from './probe.ts'
import { type Answer, Series } from './series.ts'

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

export interface ProofOptions {
  readonly probe: Probe
  readonly clock: Clock
  readonly agentId: string
  /** Other agents, which stay on: without a working agent, an outage would look like a working switch. */
  readonly siblings: readonly { readonly name: string; readonly id: string }[]
  /** How long to poll at most, in seconds since Enter. */
  readonly waitSeconds: number
  /** Whether Entra shows the agent switched off, and whether the deny list has it, as soon as both are known. */
  readonly switched: Promise<{ readonly isOff: boolean; readonly isDenied: boolean }>
  /** Called after the first answers: then there is a token from before, or none to be had. */
  readonly onFirstAnswers: () => void
}

export interface Proof {
  readonly series: Readonly<Record<'fresh' | 'cached' | 'api', Series>>
  /** The results of the other agents. */
  readonly controls: readonly Series[]
  /** When the earlier token that the API was called with expires, in milliseconds since 1970; `undefined` without one. */
  readonly expiresMs: number | undefined
  /** Whether the proof waited for the API to refuse the earlier token. */
  readonly isApiAwaited: boolean
  /** How long it took on average from one request of a series to the next. */
  readonly intervalMs: number
  /** Why the proof failed; empty if it succeeded. */
  readonly doubts: readonly string[]
}

/**
 * Polls several times a second, while an agent is switched off, whether it still gets tokens and whether the API still accepts an
 * earlier one. Up to two other agents that work are polled as well and have to go on working; without any, the proof fails.
 */
export async function prove(options: ProofOptions): Promise<Proof> {
  const { probe, clock, agentId, siblings, switched } = options
  const { enteredMs } = clock
  const endMs = enteredMs + options.waitSeconds * 1_000
  const series = {
    fresh: new Series('new token, past the sidecar’s cache'),
    cached: new Series('token from the sidecar’s cache'),
    api: new Series('call with an earlier token'),
  }
  let controls = siblings.map(({ name, id }) => ({
    id,
    series: new Series(`control "${name}"`),
  }))
  let token: string | undefined
  let rounds = 0
  const startMs = clock.nowMs()
  const ask = async (): Promise<readonly Answer[]> => {
    const noted = async <Kind extends Answer>(target: Series, act: () => Promise<Kind>) => {
      const sentMs = clock.nowMs()
      const answer = await act()
      target.note(answer, sentMs - enteredMs, clock.nowMs() - enteredMs)
      return answer
    }
    const earlier = token
    const [fresh, cached, ...others] = await Promise.all([
      noted(series.fresh, () => probe.fetchToken(agentId, true)),
      noted(series.cached, () => probe.fetchToken(agentId, false)),
      ...(earlier === undefined ? [] : [noted(series.api, () => probe.callApi(earlier))]),
      ...controls.map(one => noted(one.series, () => useNewToken(probe, one.id))),
    ])
    token ??= fresh.token ?? cached.token
    rounds++
    return [fresh, cached, ...others]
  }
  await ask()
  options.onFirstAnswers()
  const working = controls.filter(one => one.series.failure === undefined)
  controls = (working.length > 0 ? working : controls).slice(0, maxControls)
  const controlSeries = controls.map(one => one.series)
  let done: Awaited<ProofOptions['switched']> | undefined
  const becomesDone = switched.then(result => {
    done = result
  })
  const expiresMs = () => (token === undefined ? undefined : Number(decodeJwt(token).exp) * 1_000)
  // Without a deny list, the API refuses the token only when it has expired.
  const isApiAwaited = () =>
    token !== undefined && (done?.isDenied || (expiresMs() ?? 0) + toleranceMs < endMs)
  const isOver = () => {
    const isCut = (isCutOff(series.fresh) || !done?.isOff) && (isCutOff(series.api) || !isApiAwaited())
    const isControlled = controlSeries.every(({ given }) => given >= neededResults)
    return done !== undefined && ((isCut && isControlled) || clock.nowMs() > endMs)
  }
  await Promise.all([watch(ask, clock, isOver), becomesDone])
  const { isOff = false, isDenied = false } = done ?? {}
  const outcome = { isOff, isDenied, isApiAwaited: isApiAwaited() }
  return {
    ...{ series, controls: controlSeries, expiresMs: expiresMs(), isApiAwaited: outcome.isApiAwaited },
    intervalMs: (clock.nowMs() - startMs) / rounds,
    doubts: findDoubts(series, controlSeries, outcome),
  }
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
  { fresh, cached, api }: Proof['series'],
  controls: readonly Series[],
  { isOff, isDenied, isApiAwaited }: Readonly<Record<'isOff' | 'isDenied' | 'isApiAwaited', boolean>>,
): readonly string[] {
  const cutsApi = isDenied ? /deny-list/ : /lifetime|deny-list/
  // biome-ignore format: table
  const doubts: readonly (readonly [holds: boolean, words: string])[] = [
    [controls.length === 0, 'There is no other agent as a control, and an outage would look alike.'],
    ...controls.map(({ title, failed, failure }) =>
      [failed > 0, `The ${title} failed too (${failure}), so this may have been an outage.`] as const,
    ),
    [!isOff, 'Entra was not told to switch the agent off, or does not show it.'],
    [isOff && !isCutOff(fresh), `Entra still issued new tokens, or did not answer (${fresh.failure ?? 'issued'}).`],
    [isCutOff(fresh) && fresh.refused?.code !== disabledCode, `Entra refused with ${fresh.refused?.code}, and not with ${disabledCode}.`],
    [isDenied && !isApiAwaited, `No call with an earlier token was measured: the sidecar gave none (${cached.failure}).`],
    [isApiAwaited && !isCutOff(api), `The API still accepted an earlier token, or did not answer (${api.failure ?? 'accepted'}).`],
    [isCutOff(api) && !cutsApi.test(api.refused?.code ?? ''), `The API refused for another reason: ${api.refused?.code}.`],
  ]
  return doubts.filter(([holds]) => holds).map(([, words]) => words)
}
