import type { Signal } from '@preact/signals'

export interface Segment<Value extends string> {
  readonly value: Value
  readonly label: string
  /** Goes on with the label where there is room; always part of the name. */
  readonly more?: string | undefined
  readonly disabled?: boolean
}

interface SegmentsProps<Value extends string> {
  readonly legend: string
  readonly name: string
  readonly chosen: Signal<Value>
  readonly segments: readonly Segment<Value>[]
  readonly describedBy?: string
  readonly onChoose?: (value: Value) => void
}

/** A group of radio buttons, side by side. */
export function Segments<Value extends string>(props: SegmentsProps<Value>) {
  const { legend, name, chosen, segments, describedBy, onChoose } = props
  return (
    <fieldset class="choice" data-name={name} aria-describedby={describedBy}>
      <legend>{legend}</legend>
      <div class="segments">
        {segments.map(({ value, label, more, disabled = false }) => (
          <label key={value} class="segment">
            <input
              type="radio"
              name={name}
              value={value}
              checked={chosen.value === value}
              disabled={disabled}
              onChange={() => {
                chosen.value = value
                onChoose?.(value)
              }}
            />
            <span>
              {label}
              {more && <span class="more">{more}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
