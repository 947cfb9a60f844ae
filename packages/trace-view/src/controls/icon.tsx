/** Strokes on a 16 × 16 grid. */
const strokes = {
  api: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01M8 5h3M8 11h3',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  chevron: 'm6 4 4 4-4 4',
  close: 'm4 4 8 8M12 4l-8 8',
  copy: 'M6 6h7v7.5H6zM10 6V2.5H3V10h3',
  cross: 'm4.5 4.5 7 7M11.5 4.5l-7 7',
  edit: 'M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2zM9.4 4.4l2.2 2.2',
  expand: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  more: 'M2.4 8a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M7.4 8a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M12.4 8a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0',
  out: 'M6.5 3.5H3.5v9h9v-3M9 3h4v4M13 3 7.5 8.5',
  plus: 'M8 3v10M3 8h10',
  retry: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.8h-2.8',
  send: 'M8 13V3M3.8 7.2 8 3l4.2 4.2',
  sheet: 'M4 2h5.5L12 4.5V14H4zM9.5 2v2.5H12M6 8h4M6 10.5h4',
  stop: 'M4.5 4.5h7v7h-7z',
  share: 'M8 9.5v-7M5 5l3-3 3 3M4.5 8H3v5.5h10V8h-1.5',
  trace:
    'M3 4.2a1.2 1.2 0 1 0 2.4 0 1.2 1.2 0 1 0-2.4 0M10.6 11.8a1.2 1.2 0 1 0 2.4 0 1.2 1.2 0 1 0-2.4 0M5.4 4.2h4.1a1.9 1.9 0 0 1 0 3.8H6.5a1.9 1.9 0 0 0 0 3.8h4.1',
  up: 'm4 10 4-4 4 4',
  below: 'm4 6 4 4 4-4',
  user: 'M5.5 5a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M2.8 13.5c.4-2.6 2.5-4 5.2-4s4.8 1.4 5.2 4',
  swap: 'M2.5 5.5h10M10 3l2.5 2.5L10 8M13.5 10.5h-10M6 8l-2.5 2.5L6 13',
  sides: 'M2 3h5v10H2zM9 3h5v10H9z',
  left: 'm10 4-4 4 4 4',
  wait: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11M8 5v3.2l2 1.3',
} as const

export type IconName = keyof typeof strokes

/** A small decorative icon beside a word that says the same. */
export function Icon({ name }: { readonly name: IconName }) {
  return <Drawing strokes={strokes[name]} />
}

/** An icon of one place only, which the first paint does not need. */
export function Drawing({ strokes }: { readonly strokes: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={strokes} />
    </svg>
  )
}
