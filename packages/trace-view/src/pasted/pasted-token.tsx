import type { PublicConfig, TokenCard } from '@entra-agents/trace'
import { useSignal } from '@preact/signals'
import { Fact } from '../controls/fact.tsx'
import { viewClaims } from '../trace/claims.ts'
import { describeNames } from '../words/names.ts'
import { formatMoment } from '../words/times.ts'
import { findDifference, readPasted } from './read-pasted.ts'

/** Explains a token that somebody pastes. It leaves the field once it is read, and is sent nowhere and stored nowhere. */
export function PastedToken({ config }: { readonly config: PublicConfig }) {
  const read = useSignal<TokenCard | string>('')
  const card = typeof read.value === 'string' ? undefined : read.value
  const why = card?.header?.['alg'] === 'none' ? 'Nobody has signed it.' : 'Its signature is not verified.'
  return (
    <>
      <label class="stack pad-2">
        Read a token: paste it, and this page decodes it. It is sent nowhere and stored nowhere.
        <textarea
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget: field }) => {
            read.value = readPasted(field.value)
            if (typeof read.value !== 'string') field.value = ''
          }}
        />
      </label>
      <p class="pad-2" role="status">
        {card ? `${why} Only an API can say whether it accepts it.` : read}
      </p>
      <dl class="facts pad-2">
        {(card ? viewClaims(card, describeNames(config, false)) : []).map(
          ({ name, standsFor, time, text }) => {
            const difference = findDifference(name, card?.claims?.[name], config)
            return (
              <Fact key={name} name={<code>{name}</code>}>
                <code dir="auto">{time ? formatMoment(time) : difference ? text : (standsFor ?? text)}</code>{' '}
                <b>{difference}</b>
              </Fact>
            )
          },
        )}
      </dl>
    </>
  )
}
