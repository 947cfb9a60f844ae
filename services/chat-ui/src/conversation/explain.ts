import {
  type Flow,
  flowNames,
  type Mode,
  needsUser,
  type PublicConfig,
  type Status,
} from '@entra-agents/trace'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import type { Exchange } from './exchange.ts'

const directExplanation = 'No model: your words choose the tool.'

/** How the next question is answered in a mode, or why Bedrock is not available. */
export function explainMode(mode: Mode, config: PublicConfig, status: Status | undefined): string {
  const bedrock = status?.components.bedrock
  if (!config.modes.includes('bedrock')) {
    return `Bedrock is not available: ${bedrock?.problem?.detail ?? 'it is not configured.'} ${directExplanation}`
  }
  if (mode === 'bedrock' && bedrock?.state === 'unavailable') {
    return `Not available at the moment: ${bedrock.problem?.title ?? 'the model does not answer.'}`
  }
  if (mode === 'direct') return directExplanation
  const who = config.emulated.includes('bedrock') ? 'An emulator of Claude' : 'Claude'
  return `${who} on Amazon Bedrock chooses the tools.`
}

/** With whose rights the next question is answered, and why flows for users cannot be chosen, if they cannot. */
export function explainFlow(flow: Flow, canSignIn: boolean): string {
  const { meaning } = flowWords[flow]
  if (canSignIn) return meaning
  const labels = flowNames.filter(needsUser).map(name => flowWords[name].label)
  return `${meaning} ${labels.join(', ')} is not available: the agent has no CLIENT_SPA_APP_ID to sign you in with.`
}

/** What sending does if a user has to sign in first. */
export function explainSignIn(flow: Flow, isWindowOpen: boolean): string {
  const why = needsUser(flow) ? '' : 'This agent answers only users who are signed in. '
  return isWindowOpen
    ? `${why}A window of Entra ID is open. Your question is sent as soon as you are signed in.`
    : `${why}A window of Entra ID opens; your question is sent as soon as you are signed in.`
}

/** Says that the model will not know the earlier answers, if none of them was in the flow of the next question. */
export function explainHistory(flow: Flow, mode: Mode, earlier: readonly Exchange[]): string {
  const answered = earlier.filter(({ state }) => state === 'done')
  const isLost = answered.length > 0 && answered.every(({ question }) => question.flow !== flow)
  return mode === 'bedrock' && isLost ? 'Earlier answers belong to another flow and do not go along.' : ''
}
