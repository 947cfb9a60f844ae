import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'

type TextByName = Readonly<Record<string, string>>

interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

/** A CloudFormation template with all functions and references resolved. */
export interface RenderedTemplate {
  /** The resources whose condition holds, in the order of the template. */
  readonly resources: Readonly<Record<string, Resource>>
  readonly outputs: TextByName
}

/** A mistake in the parameters, as CloudFormation words it. */
export class ParameterError extends Error {}

interface Parameter {
  readonly Default?: string
  readonly AllowedPattern?: string
  readonly AllowedValues?: readonly string[]
  readonly ConstraintDescription?: string
}

type Section<Member> = Readonly<Record<string, Member>>

/** The sections of a template, before functions and references are resolved. */
interface Template {
  readonly Parameters?: Section<Parameter>
  readonly Rules?: Section<{
    readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription: string }[]
  }>
  readonly Conditions?: Section<unknown>
  readonly Resources?: Section<{ readonly Condition?: string }>
  readonly Outputs?: Section<{ readonly Value: unknown }>
}

/**
 * Does what CloudFormation does with a template, for the functions that `k8s/federation/aws.yaml` uses.
 *
 * @param given values of parameters and of what else the template refers to: `AWS::Region`, `Role.Arn`, the name of a resource
 * @throws {ParameterError} when a parameter is missing or not allowed
 */
export function renderTemplate(text: string, given: TextByName): RenderedTemplate {
  const { contents } = parseDocument(text, { logLevel: 'silent' })
  const template = yamlToData(contents) as Template
  const { Parameters = {}, Rules = {}, Conditions = {}, Resources = {}, Outputs = {} } = template
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
  const wanted = Object.entries(Resources).filter(
    ([, { Condition }]) => Condition === undefined || holds(Condition),
  )
  return {
    resources: evaluate(Object.fromEntries(wanted)) as Record<string, Resource>,
    outputs: Object.fromEntries(
      Object.entries(Outputs).map(([name, { Value }]) => [name, String(evaluate(Value))]),
    ),
  }
}

/** YAML as data; `!Name` is the short form of `Fn::Name`. */
function yamlToData(node: unknown): unknown {
  const { tag } = node as Node & { tag?: string }
  const value = isMap(node)
    ? Object.fromEntries(
        node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : '', yamlToData(value)]),
      )
    : isSeq(node)
      ? node.items.map(yamlToData)
      : isScalar(node)
        ? node.value
        : undefined
  return /^!\w/.test(tag ?? '') ? { [`Fn::${tag?.slice(1)}`]: value } : value
}

function readParameters(parameters: Section<Parameter>, given: TextByName): TextByName {
  const values: Record<string, string> = { ...given }
  for (const [name, { Default, AllowedPattern, AllowedValues, ConstraintDescription }] of Object.entries(
    parameters,
  )) {
    const value = given[name] ?? Default
    if (value === undefined) throw new ParameterError(`Parameters: [${name}] must have values`)
    const isAllowed = AllowedValues?.includes(value) ?? new RegExp(`^(?:${AllowedPattern})$`).test(value)
    if (!isAllowed)
      throw new ParameterError(
        `Parameter ${name} ${ConstraintDescription ?? `must be one of ${AllowedValues}`}`,
      )
    values[name] = value
  }
  return values
}

// biome-ignore lint/suspicious/noExplicitAny: what a template gives a function has the types of that function.
type TemplateFunction = (argument: any, values: TextByName) => unknown

const functions: Readonly<Record<string, TemplateFunction>> = {
  'Fn::Ref': (name, values) => lookUp(name, values),
  'Fn::GetAtt': (name, values) => lookUp(name, values),
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

function callFunction(name: string, argument: unknown, values: TextByName): unknown {
  const made = functions[name]
  if (!made) throw new Error(`${name} is no function that is known here.`)
  return made(argument, values)
}

function lookUp(name: string, values: TextByName): string {
  const value = values[name]
  if (value === undefined) throw new Error(`The template refers to ${name}, which is not given.`)
  return value
}
