interface SelectProps<Value extends string> {
  readonly label: string
  readonly chosen: Value
  readonly options: readonly { readonly value: Value; readonly label: string; readonly disabled?: boolean }[]
  readonly onChoose: (value: Value) => void
  readonly class?: string
  readonly describedBy?: string
}

/** A choice among options that a press lists. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, chosen, options, onChoose, class: className = 'field', describedBy } = props
  return (
    <select
      class={className}
      aria-label={label}
      aria-describedby={describedBy}
      value={chosen}
      onChange={({ currentTarget }) => {
        const option = options[currentTarget.selectedIndex]
        if (option) onChoose(option.value)
      }}
    >
      {options.map(({ value, label: words, disabled = false }) => (
        <option key={value} value={value} disabled={disabled}>
          {words}
        </option>
      ))}
    </select>
  )
}
