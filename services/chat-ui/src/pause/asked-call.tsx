import type { AskedCall } from '@entra-agents/trace'
import { Fact } from '@entra-agents/trace-view/controls/fact'
import { callFacts } from '@entra-agents/trace-view/words/call-facts'
import { UnformattedText } from './unformatted-text.tsx'

/** What a call would send: in words, if its tool provides them, and with all arguments. Values are in quotes, apart from the tool's words. */
export function CallArguments({ call }: { readonly call: AskedCall }) {
  const facts = callFacts(call.arguments)
  return (
    <>
      {hasOwnWords(call) && (
        <p>
          {call.sentence?.map((part, index) =>
            'text' in part ? (
              part.text
            ) : (
              <b key={index}>
                “<UnformattedText text={part.value} />”
              </b>
            ),
          )}
        </p>
      )}
      {facts.length === 0 ? (
        <p>Without arguments.</p>
      ) : (
        <dl class="facts call-facts">
          {facts.map(({ name, value }, index) => (
            <Fact key={index} name={<UnformattedText text={name} />}>
              <UnformattedText text={value} />
            </Fact>
          ))}
        </dl>
      )}
    </>
  )
}

/** Without words of the tool, the sentence is the card's title and the arguments, which are shown anyway. */
function hasOwnWords({ sentence: [first] = [], title }: AskedCall): boolean {
  return first !== undefined && !('text' in first && first.text === title)
}
