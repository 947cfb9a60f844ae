import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { type GlossaryTerm, glossary } from '../words/glossary.ts'
import './term.css'

interface TermProps {
  readonly term: GlossaryTerm
  readonly children: ComponentChildren
}

/** A word that is explained when it is pressed. */
export function Term({ term, children }: TermProps) {
  const id = useId()
  const { title, meaning, reference } = glossary[term]
  return (
    <>
      <button type="button" class="term" popovertarget={id}>
        {children}
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
