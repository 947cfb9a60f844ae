import type { AskedCall } from '@entra-agents/trace'
import { Fact } from '@entra-agents/trace-view/controls/fact'
import { type ComponentChildren, Fragment } from 'preact'
import { CallSentence } from './call-sentence.tsx'
import { Disclosure } from './disclosure.tsx'
import { hasOwnWords } from './own-words.ts'
import { UnformattedText } from './unformatted-text.tsx'
import { writeArguments } from './write-arguments.ts'

interface CallInWordsProps {
  readonly call: AskedCall
  /** What is said between the words and the arguments. */
  readonly children?: ComponentChildren
}

/**
 * What a call would do, in the words of its tool, and exactly what it would send. Of a tool without words of its own, its name and
 * each argument.
 */
export function CallInWords({ call, children }: CallInWordsProps) {
  const isTold = hasOwnWords(call)
  return (
    <>
      <p class="says">
        <CallSentence parts={isTold ? call.sentence : call.sentence.slice(0, 1)} />
      </p>
      {!isTold && (
        <dl class="facts grid soft">
          {Object.entries(call.arguments).map(([name, value]) => (
            <Fact
              key={name}
              name={
                <>
                  <UnformattedText text={name} />:
                </>
              }
            >
              <UnformattedText text={typeof value === 'string' ? value : writeArguments(value, 0)} />
            </Fact>
          ))}
        </dl>
      )}
      {children}
      <Disclosure title="Exact arguments" isOpen={!isTold}>
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
      </Disclosure>
    </>
  )
}
