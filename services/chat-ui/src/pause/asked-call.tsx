import type { AskedCall } from '@entra-bedrock-agent/identity-trace'
import { Fact } from '../controls/fact.tsx'
import { callFacts } from '../words/call-facts.ts'
import { UnformattedText } from './unformatted-text.tsx'

/** What a call would send: in words, if its tool provides them, and with all arguments. */
export function CallArguments({ call }: { readonly call: AskedCall }) {
  const facts = callFacts(call.arguments)
  return (
    <>
      {call.note && (
        <p>
          <UnformattedText text={call.note} />
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
