import type { Problem, TurnResult } from '@entra-bedrock-agent/identity-trace'
import type { Page } from '../page.ts'
import { flowNames, modeNames } from '../trace/names.ts'
import { formatDuration } from '../trace/times.ts'
import type { LiveExchange } from './conversation.ts'
import { ProblemNote } from './problem-note.tsx'

interface ExchangeProps {
  readonly exchange: LiveExchange
  readonly page: Page
}

/** One question and its answer, with how it was answered – as the agent said, not as the page asked. */
export function ExchangeView({ exchange, page }: ExchangeProps) {
  const { question, state, problem, turn, answer, notices } = exchange.value
  const selected = page.conversation.selected.value === exchange
  return (
    <article class="exchange" aria-label={question.message} data-selected={selected}>
      <p class="question">
        <span class="visually-hidden">You asked: </span>
        {question.message}
      </p>
      <div class="answer" data-state={state}>
        {turn && (
          <p class="labels">
            <span class="label">{modeNames[turn.mode]}</span>
            <span class="label">{flowNames[turn.flow]}</span>
            {turn.model && <span class="label model">{turn.model}</span>}
          </p>
        )}
        {answer && <p class="answer-text">{answer}</p>}
        {state === 'running' && <p class="progress">{answer ? 'Answering…' : 'Working…'}</p>}
        {state === 'stopped' && <p class="note">You stopped this answer.</p>}
        {notices.map(notice => (
          <Notice key={notice.code} notice={notice} />
        ))}
        {problem && <ProblemNote exchange={exchange} problem={problem} page={page} />}
        <AnswerFooter exchange={exchange} page={page} selected={selected} />
      </div>
    </article>
  )
}

function Notice({ notice }: { readonly notice: Problem }) {
  return (
    <p class="notice">
      <strong>Note: {notice.title}</strong> {notice.hint} <code>{notice.code}</code>
    </p>
  )
}

function AnswerFooter({ exchange, page, selected }: ExchangeProps & { readonly selected: boolean }) {
  const { question, result, state, steps } = exchange.value
  if (state === 'running') return null
  return (
    <p class="answer-footer">
      {result && <span class="note">{timing(result)}</span>}
      {state === 'stopped' && (
        <button type="button" class="button quiet" onClick={() => void page.conversation.retry(exchange)}>
          Ask again
        </button>
      )}
      {steps.length > 0 && (
        <button
          type="button"
          class="button quiet"
          aria-pressed={selected}
          aria-label={`Show the trace of “${question.message}”`}
          onClick={() => {
            page.conversation.selected.value = exchange
            document.getElementById('trace-title')?.focus()
          }}
        >
          Trace
        </button>
      )}
    </p>
  )
}

function timing({ timing: { firstTokenMs, totalMs }, usage }: TurnResult): string {
  const tokens = usage ? ` · ${usage.inputTokens + usage.outputTokens} tokens` : ''
  return `First word after ${formatDuration(firstTokenMs)}, all in ${formatDuration(totalMs)}${tokens}`
}
