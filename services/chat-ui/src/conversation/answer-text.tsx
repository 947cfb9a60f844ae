import { useEffect, useState } from 'preact/hooks'
import { useFrameValue } from '../browser/frame-value.ts'
import type { Markdown } from '../markdown/markdown.tsx'
import type { LiveExchange } from './conversation.ts'

interface AnswerTextProps {
  readonly exchange: LiveExchange
  readonly running: boolean
}

/** An answer as Markdown. What formats it is loaded with the first answer; until then the text stands as it is. */
export function AnswerText({ exchange, running }: AnswerTextProps) {
  const shown = useFrameValue(() => exchange.value.answer)
  const text = running ? shown : exchange.value.answer
  const [Formatted, setFormatted] = useState<typeof Markdown | undefined>(() => loaded)
  useEffect(() => {
    void loadMarkdown().then(component => setFormatted(() => component))
  }, [])
  return (
    <div class="answer-text" aria-busy={running}>
      {Formatted ? <Formatted text={text} /> : <p class="plain">{text}</p>}
    </div>
  )
}

let loaded: typeof Markdown | undefined

export async function loadMarkdown(): Promise<typeof Markdown> {
  loaded ??= (await import('../markdown/markdown.tsx')).Markdown
  return loaded
}
