import type { AskedCall } from '@entra-bedrock-agent/identity-trace'
import { tellCall } from '../words/call-facts.ts'
import { ShownText } from './shown-text.tsx'

/** What a call would send: in words, where its tool has them, and all of its arguments. */
export function CallArguments({ call }: { readonly call: AskedCall }) {
  const facts = tellCall(call.arguments)
  return (
    <>
      {call.note && (
        <p>
          <ShownText text={call.note} />
        </p>
      )}
      {facts.length === 0 ? (
        <p>Without arguments.</p>
      ) : (
        <dl class="facts call-facts">
          {facts.map(({ name, value }, index) => (
            <div key={index}>
              <dt>
                <ShownText text={name} />
              </dt>
              <dd>
                <ShownText text={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  )
}
