import './sign.css'

/** What became of a claim from the left token to the right one. */
export type Sign = 'same' | 'changed' | 'added' | 'removed'

export const signWords: Readonly<Record<Sign, string>> = {
  same: 'kept',
  changed: 'changed',
  added: 'added',
  removed: 'removed',
}

const signs: Readonly<Record<Sign, string>> = { same: '=', changed: '≠', added: '+', removed: '−' }

/** What became of a claim, as a sign; the word stands beside it. */
export function SignMark({ sign }: { readonly sign: Sign }) {
  return (
    <span class="sign" data-sign={sign} aria-hidden="true">
      {signs[sign]}
    </span>
  )
}
