import type { Sign } from './sign.ts'
import './sign-mark.css'

const signs: Readonly<Record<Sign, string>> = { same: '=', changed: '≠', added: '+', removed: '−' }

/** What became of a claim, as a sign; the word stands beside it. */
export function SignMark({ sign }: { readonly sign: Sign }) {
  return (
    <span class="sign" data-sign={sign} aria-hidden="true">
      {signs[sign]}
    </span>
  )
}
