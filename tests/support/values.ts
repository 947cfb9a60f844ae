export type Values = Readonly<Record<string, unknown>>

/** Values as Helm merges them: maps key by key, everything else replaced. */
export function merge(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value
  }
  return merged
}

/** Values by their paths, such as `agent.replicas`, as the map of maps that a values file has. */
export function valuesAt(paths: Values): Values {
  const maps = Object.entries(paths).map(([path, value]) =>
    path.split('.').reduceRight<unknown>((below, name) => ({ [name]: below }), value),
  )
  return (maps as Values[]).reduce(merge, {})
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
