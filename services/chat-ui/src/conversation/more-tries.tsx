import { Button } from '@entra-agents/trace-view/controls/button'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import type { Page } from '../page.ts'
import { type Try, triesFor } from './tries.ts'

type MoreTriesProps = Pick<Page, 'config' | 'conversation' | 'asking'>

/** The questions to try that this conversation has not had yet. */
export function MoreTries({ config, conversation, asking }: MoreTriesProps) {
  const { agent, mode, exchanges, running } = conversation
  const asked = exchanges.value.map(({ value }) => value.question)
  const isNew = ({ question, flow, agent: { name } }: Try) =>
    !asked.some(other => other.message === question && other.flow === flow && other.agent === name)
  const tries = triesFor(config, agent.value, mode.value).filter(isNew)
  if (tries.length === 0) return null
  return (
    <ul class="more-tries line gap-2" aria-label="Try also">
      {tries.map((one, index) => (
        <li key={index}>
          <Button aria-disabled={running.value} onClick={() => void asking.ask(one)}>
            {tellShortly(one, agent.value, tries)}
          </Button>
        </li>
      ))}
    </ul>
  )
}

/** The question and, if another try has the same, for whom the agent then acts. */
function tellShortly({ kind, question, flow, agent }: Try, asked: string, tries: readonly Try[]): string {
  if (agent.name !== asked) return `Ask ${agent.title}`
  const isRepeated = tries.filter(other => other.question === question && other.agent === agent).length > 1
  return kind === 'user' || isRepeated ? `${question}, ${flowWords[flow].label.toLowerCase()}` : question
}
