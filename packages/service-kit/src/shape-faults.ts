/** An error of a JSON Schema validator. */
interface ShapeFault {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/** Describes a validator's errors, each as the end of a message such as `mcp.json, server "notes": …`. */
export function describeShapeFaults(faults: readonly ShapeFault[]): readonly string[] {
  return faults.flatMap(describeShapeFault)
}

function describeShapeFault({ keyword, instancePath, params, message }: ShapeFault): readonly string[] {
  const at = instancePath.slice(1).replaceAll('/', '.') || 'it'
  const details: {
    readonly requiredProperties?: readonly string[]
    readonly additionalProperties?: readonly string[]
    readonly allowedValues?: readonly string[]
  } = params
  switch (keyword) {
    case 'required':
      return (details.requiredProperties ?? []).map(property => `${property} is missing`)
    case 'additionalProperties':
      return (details.additionalProperties ?? []).map(property => `${property} is not known here`)
    case 'enum':
      return [`${at} must be one of ${details.allowedValues?.join(', ')}`]
    // Beside an error of `boolean`, the validator reports one of `additionalProperties`, which says more.
    case 'boolean':
      return []
    default:
      return [`${at} ${message}`]
  }
}
