import './sign.css'

/** How a claim differs from the left token to the right one. */
export type Sign = 'same' | 'changed' | 'added' | 'removed'

export const signWords: Readonly<Record<Sign, string>> = {
  same: 'kept',
  changed: 'changed',
  added: 'added',
  removed: 'removed',
}

const signCharacters: Readonly<Record<Sign, string>> = { same: '=', changed: '≠', added: '+', removed: '−' }

/** How a claim differs, as a sign; the word is beside it. */
export function SignMark({ sign }: { readonly sign: Sign }) {
  return (
    <span class="sign" data-sign={sign} aria-hidden="true">
      {signCharacters[sign]}
    </span>
  )
}
