import { useId } from 'preact/hooks'
import { type GlossaryTerm, glossary } from '../words/glossary.ts'
import type { Phrase, PhrasePart } from '../words/phrase.ts'
import { TokenMark } from './token-mark.tsx'
import './term.css'

/** A phrase with its marks, codes and explained words. */
export function PhraseView({ phrase }: { readonly phrase: Phrase }) {
  return <>{phrase.map(showPart)}</>
}

function showPart(part: PhrasePart) {
  if (typeof part === 'string') return part
  if ('code' in part) return <code>{part.code}</code>
  if ('token' in part) return <TokenMark token={part.token} />
  return <ExplainedTerm {...part} />
}

/** A word whose explanation opens on a click. */
function ExplainedTerm({ term, words }: Extract<PhrasePart, { readonly term: GlossaryTerm }>) {
  const id = useId()
  const { title, meaning, reference } = glossary[term]
  return (
    <>
      <button type="button" class="term" popovertarget={id}>
        {words}
      </button>
      <span class="term-meaning card" id={id} popover="auto" role="note">
        <strong>{title}</strong> {meaning}{' '}
        <a href={reference} target="_blank" rel="noopener noreferrer">
          Microsoft Learn
        </a>
      </span>
    </>
  )
}
