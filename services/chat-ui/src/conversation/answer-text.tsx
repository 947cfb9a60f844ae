import { useFrameValue } from '@entra-agents/trace-view/browser/frame-value'
import { useLoaded } from '@entra-agents/trace-view/browser/lazy'
import type { Names } from '@entra-agents/trace-view/words/names'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import { Fragment } from 'preact'
import { partsOf } from './answer-parts.ts'
import type { LiveExchange } from './conversation.ts'
import { DecidedLine } from './decided-line.tsx'
import { ToolChips } from './tool-chips.tsx'

interface AnswerTextProps {
  readonly exchange: LiveExchange
  readonly running: boolean
  readonly names: Names
  /** Shows a step in the trace. */
  readonly onShow: (stepId: string) => void
}

/** An answer as Markdown, with the tools that were called. The text is unformatted until the formatter is loaded. */
export function AnswerText({ exchange, running, names, onShow }: AnswerTextProps) {
  const shown = useFrameValue(() => exchange.value)
  const Formatted = useLoaded(loadMarkdown)
  return (
    <div class="answer-text stack gap-2" aria-busy={running}>
      {partsOf(running ? shown : exchange.value).map(({ text, chips, decided }, index) => (
        <Fragment key={index}>
          {text !== '' &&
            (Formatted ? (
              <Formatted text={text} />
            ) : (
              <p class="said" dir="auto">
                {spellOutDirections(text.trimStart())}
              </p>
            ))}
          {chips.length > 0 && <ToolChips chips={chips} names={names} onShow={onShow} />}
          {decided.map(call => (
            <DecidedLine key={`${call.kind} ${call.stepId}`} call={call} isReaderUser={names.isReaderUser} />
          ))}
        </Fragment>
      ))}
    </div>
  )
}

async function loadMarkdown() {
  return (await import('../markdown/markdown.tsx')).Markdown
}
