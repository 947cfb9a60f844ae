import type { AskedCall } from '@entra-agents/trace'
import { Fact } from '@entra-agents/trace-view/controls/fact'
import { type ComponentChildren, Fragment } from 'preact'
import { CallSentence } from './call-sentence.tsx'
import { Disclosure } from './disclosure.tsx'
import { tellApart } from './in-messages.ts'
import { hasOwnWords } from './own-words.ts'
import { UnformattedText } from './unformatted-text.tsx'
import { writeArguments } from './write-arguments.ts'

interface CallInWordsProps {
  readonly call: AskedCall
  /** What the user has written in this conversation. */
  readonly messages: readonly string[]
  /** What is said between the words and the arguments. */
  readonly children?: ComponentChildren
}

/**
 * What a call would do, in the words of its tool, and exactly what it would send. First come the arguments that no message of the user
 * has: a result may have named them, or the model worked them out. Of a tool without words of its own, the other arguments follow.
 */
export function CallInWords({ call, messages, children }: CallInWordsProps) {
  const isTold = hasOwnWords(call)
  const { said, unsaid } = tellApart(call.arguments, messages)
  return (
    <>
      <p class="says">
        <CallSentence parts={isTold ? call.sentence : call.sentence.slice(0, 1)} />
      </p>
      {unsaid && <Values title="Not in your messages" values={unsaid} />}
      {!isTold && said && <Values title={unsaid && 'In your messages'} values={said} />}
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

interface ValuesProps {
  readonly title: string | undefined
  readonly values: readonly (readonly [string, unknown])[]
}

function Values({ title, values }: ValuesProps) {
  return (
    <div>
      {title && <p class="note">{title}</p>}
      <dl class="facts grid soft">
        {values.map(([name, value], index) => (
          <Fact
            key={index}
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
    </div>
  )
}
