import type { AskedCall } from '@entra-agents/trace'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { Fragment } from 'preact'
import { CallSentence } from './call-sentence.tsx'
import { UnformattedText } from './unformatted-text.tsx'
import { writeArguments } from './write-arguments.ts'

/** What a call would do, in words, and what it would send, which is open to be read if the tool has no words of its own. */
export function CallInWords({ call }: { readonly call: AskedCall }) {
  return (
    <>
      <p>
        <CallSentence parts={call.sentence} />
      </p>
      <details open={!hasOwnWords(call)}>
        <summary>Exact arguments</summary>
        <pre>
          {writeArguments(call.arguments)
            .split('\n')
            .map((line, index) => (
              <Fragment key={index}>
                {index > 0 && '\n'}
                <UnformattedText text={line} />
              </Fragment>
            ))}
        </pre>
      </details>
    </>
  )
}

/** Whether the sentence is more than title and arguments. */
function hasOwnWords({ sentence: [first], title }: AskedCall): boolean {
  return !(first && 'text' in first && spellOutHidden(first.text) === title)
}
