import type { Signal } from '@preact/signals'

interface SegmentsProps<Value extends string> {
  readonly legend: string
  readonly name: string
  readonly chosen: Signal<Value>
  readonly segments: readonly { readonly value: Value; readonly label: string; readonly disabled?: boolean }[]
  readonly describedBy?: string
  readonly onChoose?: (value: Value) => void
}

/** A group of radio buttons, side by side. */
export function Segments<Value extends string>(props: SegmentsProps<Value>) {
  const { legend, name, chosen, segments, describedBy, onChoose } = props
  return (
    <fieldset aria-describedby={describedBy}>
      <legend class="visually-hidden">{legend}</legend>
      <div class="segments">
        {segments.map(({ value, label, disabled = false }) => (
          <label key={value} class="segment relative">
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
            <span class="soft t2 nowrap">{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
