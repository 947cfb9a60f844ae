import type { Actor, Check } from '@entra-agents/trace'
import { flowWords } from '../words/flows.ts'
import { capitalise, listInWords, type Names } from '../words/names.ts'
import { wantedContexts } from '../words/step-up.ts'
import { rightsOf, wordsOfToken } from './read-token.ts'
import { failedChecks, lastChecks, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** A turn by one of its exchanges, for the sentences about their outcome. */
export type TurnByExchange = ReturnType<typeof turnBy>

/** @param use the exchange, by default that of the outcome; `undefined` if there was none */
export function turnBy(facts: TurnFacts, names: Names, use: TokenUse | undefined = facts.exchange) {
  const { asked, failure } = facts
  const { problem, response, to } = use?.decisive ?? {}
  const failed = use && failedChecks(use.token).at(-1)
  const failedCheck = problem?.failedCheck ?? failed?.check ?? failure?.problem?.failedCheck
  const denier = to ?? failed?.actor ?? 'agent'
  const checks = decidingChecks(use, denier, failedCheck)
  const isRightMissing = problem?.needs !== undefined || failedCheck === 'permission'
  const contexts = asked?.kind === 'step-up' ? asked.contexts : wantedContexts(problem?.claimsChallenge)
  const otherCheck = isRightMissing ? undefined : failedCheck
  return {
    ...facts,
    use,
    names,
    /** The agent, at the start of a sentence. */
    agent: capitalise(names.agent),
    /** The API whose answer decided, or that would be called. */
    api: use ? decidingApi(use, names) : asked?.api === undefined ? 'the API' : names.actor(asked.api),
    /** Where the turn failed before there was a token. */
    failedAt: names.actor(failure?.problem?.upstream?.service ?? failure?.to ?? 'agent'),
    /** The HTTP status of that answer, and what it said if the API did not run the call. */
    status: response?.status,
    problem,
    /** The calls with TR. */
    calls: use?.calls ?? [],
    /** The words for the flow of TR; without a TR, for the turn's. */
    words: use ? wordsOfToken(use.token) : flowWords[facts.flow],
    /** The rights that TR carries, and the claim that contains them. */
    ...(use ? rightsOf(use.token) : { rights: [], claim: 'scp' }),
    /** The authentication contexts that the API wanted in a stronger sign-in, and the right that it wanted. */
    contexts,
    wanted: problem?.needs?.permission,
    isRightMissing,
    /** Why the API did not take the call yet, and the check that failed there unless it is that of a right. */
    lack: tellLack(contexts, otherCheck),
    otherCheck,
    /** Who denied the call, and the check that failed there. */
    denier,
    failedCheck,
    /** The checks that decided, as far as they were reported, and how many TR passed: "7 of 7"; `undefined` if none. */
    checks,
    passed: checks.some(({ ok }) => ok) ? countPassed(checks) : undefined,
  }
}

function tellLack(contexts: readonly string[], otherCheck: string | undefined): string {
  if (contexts.length > 0) return 'no second factor'
  return otherCheck ? `the check of ${otherCheck} failed` : 'a right is missing'
}

/** The last reported checks of TR, unless they are those of another call: if a check failed, it must be among them. */
function decidingChecks(use: TokenUse | undefined, denier: Actor, failedCheck?: string): readonly Check[] {
  if (use && use.outcome !== 'denied') {
    const { checks = [] } = lastChecks(use.token, 'api') ?? {}
    return use.outcome === 'more' && checks.every(({ ok }) => ok) ? [] : checks
  }
  const last = use && lastChecks(use.token)
  const isReported = last?.checks.some(({ name, ok }) => !ok && name === failedCheck)
  if (last && last.actor === denier && isReported) return last.checks
  return failedCheck === undefined ? [] : [{ name: failedCheck, ok: false }]
}

/** The API whose answer decided the outcome; all APIs if each allowed its calls. */
function decidingApi(use: TokenUse, names: Names): string {
  return use.decisive && use.outcome !== 'allowed' ? names.actor(use.decisive.to) : apisOfUse(use, names)
}

export function apisOfUse({ apis, token }: TokenUse, names: Names): string {
  if (apis.length > 0) return listInWords(apis.map(names.actor))
  return names.id(String(token.claims?.['aud'])) ?? 'the API'
}

/** A text that may start with “the API”, at the start of a sentence; the names of APIs keep their case. */
export function startSentence(text: string): string {
  return text.replace(/^the API/, 'The API')
}

export function countPassed(checks: readonly Check[]): string {
  return `${checks.filter(({ ok }) => ok).length} of ${checks.length}`
}
