import type { AskedCall } from '@entra-bedrock-agent/identity-trace'
import { tellCall } from '../words/call-facts.ts'
import { ShownText } from './shown-text.tsx'

/** What a call would send: all of its arguments. */
export function CallArguments({ call }: { readonly call: AskedCall }) {
  const facts = tellCall(call.arguments)
  if (facts.length === 0) return <p>Without arguments.</p>
  return (
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
  )
}
