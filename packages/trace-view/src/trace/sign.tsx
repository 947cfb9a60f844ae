/** How a claim differs from the left token to the right one. */
export type Sign = 'same' | 'changed' | 'added' | 'removed'

/** Strokes on a 16 × 16 grid: the page's own type has no sign for “unequal”. */
const strokes: Readonly<Record<Sign, string>> = {
  same: 'M3 6h10M3 10h10',
  changed: 'M3 6.2h10M3 9.8h10M10.5 3l-5 10',
  added: 'M8 3v10M3 8h10',
  removed: 'M3 8h10',
}

/** How a claim differs, as a sign; the word is beside it. */
export function SignMark({ sign }: { readonly sign: Sign }) {
  return (
    <svg class="icon sign" viewBox="-4 -4 24 24" aria-hidden="true" data-sign={sign}>
      <path d={strokes[sign]} />
    </svg>
  )
}
