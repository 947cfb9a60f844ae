import { isMap, isScalar, isSeq, parseDocument } from 'yaml'

type ByName<Member> = Readonly<Record<string, Member>>

interface Parameter {
  readonly Default?: string
  readonly AllowedPattern?: string
  readonly AllowedValues?: readonly string[]
  readonly ConstraintDescription?: string
}

/** A CloudFormation template. */
interface Template {
  readonly Parameters: ByName<Parameter>
  readonly Rules: ByName<{
    readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription: string }[]
  }>
  readonly Conditions: ByName<unknown>
  readonly Resources: ByName<{ readonly Condition?: string; readonly Properties: ByName<unknown> }>
  readonly Outputs: ByName<{ readonly Value: unknown }>
}

/** A mistake in the parameters, as CloudFormation words it. */
export class ParameterError extends Error {}

/**
 * Does what CloudFormation does with a template, for the functions that `k8s/federation/aws.yaml` uses. The result has all functions
 * and references resolved, and only the resources whose condition holds.
 *
 * @param given values of parameters and of what else the template refers to: `AWS::Region`, `Role.Arn`, the name of a resource
 * @throws {ParameterError} when a parameter is missing or not allowed
 */
export function renderTemplate(text: string, given: ByName<string>): Pick<Template, 'Resources' | 'Outputs'> {
  const { contents } = parseDocument(text, { logLevel: 'silent' })
  const { Parameters, Rules, Conditions, Resources, Outputs } = yamlToData(contents) as Template
  const values = readParameters(Parameters, given)
  const holds = (name: unknown) => evaluate(Conditions[String(name)]) === true
  const evaluate = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(evaluate)
    if (typeof value !== 'object' || value === null) return value
    const [name = '', argument] = Object.entries(value)[0] ?? []
    if (!name.startsWith('Fn::'))
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, evaluate(member)]))
    if (name === 'Fn::Condition') return holds(argument)
    if (name === 'Fn::If') return evaluate(holds(argument[0]) ? argument[1] : argument[2])
    return callFunction(name, evaluate(argument), values)
  }
  const broken = Object.values(Rules)
    .flatMap(({ Assertions }) => Assertions)
    .find(({ Assert }) => evaluate(Assert) !== true)
  if (broken) throw new ParameterError(broken.AssertDescription)
  const made = Object.entries(Resources).filter(([, one]) => !one.Condition || holds(one.Condition))
  return evaluate({ Resources: Object.fromEntries(made), Outputs }) as Template
}

/** YAML as data; `!Name` is the short form of `Fn::Name`. */
function yamlToData(node: unknown): unknown {
  const value = isMap(node)
    ? Object.fromEntries(node.items.map(({ key, value }) => [String(key), yamlToData(value)]))
    : isSeq(node)
      ? node.items.map(yamlToData)
      : isScalar(node) && node.value
  const { tag } = node as { readonly tag?: string }
  return tag?.startsWith('!') ? { [`Fn::${tag.slice(1)}`]: value } : value
}

function readParameters(parameters: ByName<Parameter>, given: ByName<string>): ByName<string> {
  const values = { ...given }
  for (const [name, parameter] of Object.entries(parameters)) {
    const { Default, AllowedPattern, AllowedValues, ConstraintDescription } = parameter
    const value = given[name] ?? Default
    if (value === undefined) throw new ParameterError(`Parameters: [${name}] must have values`)
    const isAllowed = AllowedValues?.includes(value) ?? new RegExp(`^(?:${AllowedPattern})$`).test(value)
    const rule = ConstraintDescription ?? `must be one of ${AllowedValues}`
    if (!isAllowed) throw new ParameterError(`Parameter ${name} ${rule}`)
    values[name] = value
  }
  return values
}

// biome-ignore lint/suspicious/noExplicitAny: what a template gives a function has the types of that function.
type TemplateFunction = (argument: any, values: ByName<string>) => unknown

const functions: ByName<TemplateFunction> = {
  'Fn::Ref': lookUp,
  'Fn::GetAtt': lookUp,
  'Fn::Sub': (argument, values) => {
    const [text, own] = Array.isArray(argument) ? argument : [argument, {}]
    return text.replaceAll(/\$\{([^}]+)\}/g, (_: string, name: string) => lookUp(name, { ...values, ...own }))
  },
  'Fn::Select': ([index, list]) => list[index],
  'Fn::Split': ([separator, text]) => text.split(separator),
  'Fn::Equals': ([one, other]) => one === other,
  'Fn::Not': ([condition]) => !condition,
  'Fn::And': conditions => conditions.every(Boolean),
  'Fn::Or': conditions => conditions.some(Boolean),
}

function callFunction(name: string, argument: unknown, values: ByName<string>): unknown {
  const call = functions[name]
  if (!call) throw new Error(`${name} is no function that is known here.`)
  return call(argument, values)
}

function lookUp(name: string, values: ByName<string>): string {
  const value = values[name]
  if (value === undefined) throw new Error(`The template refers to ${name}, which is not given.`)
  return value
}
