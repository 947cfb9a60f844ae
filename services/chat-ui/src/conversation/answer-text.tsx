import { useEffect, useState } from 'preact/hooks'
import type { Markdown } from '../markdown/markdown.tsx'

interface AnswerTextProps {
  readonly text: string
  readonly running: boolean
}

/** An answer as Markdown. What formats it is loaded with the first answer; until then the text stands as it is. */
export function AnswerText({ text, running }: AnswerTextProps) {
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
