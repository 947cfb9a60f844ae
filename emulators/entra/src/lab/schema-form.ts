import { commonProblem } from '@entra-agents/service-kit'
import type { FastifyRequest } from 'fastify'
import { formOf } from '../emulator/faults.ts'
import { type Content, html, type Markup } from '../sign-in/html.ts'

/** The part of a JSON Schema by which a form is drawn and read. */
export type FormSchema = {
  required?: readonly string[] | undefined
  properties: Readonly<Record<string, Field>>
}
type Field = { readonly type?: string; readonly enum?: readonly string[]; readonly description?: string }
type Values = Readonly<Record<string, unknown>>

const maxLength = 4_000
const typeHints: Readonly<Record<string, string>> = { array: 'separated by spaces', object: 'JSON' }

export function schemaForm(action: string, button: string, schema: FormSchema, values: Values = {}): Markup {
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    const optional = schema.required?.includes(name) ? undefined : 'optional'
    const hints = [optional, typeHints[field.type ?? ''], field.description].filter(Boolean)
    return html`<label>${name} <small>${hints.join(', ')}</small>${inputOf(name, field, String(values[name] ?? ''))}</label>`
  })
  return html`<form method="post" action="/emulator/lab/${action}">${fields}<button>${button}</button></form>`
}

function inputOf(name: string, field: Field, value: string): Content {
  const choices = field.type === 'boolean' ? ['true', 'false'] : field.enum
  const type = field.type === 'integer' ? 'number' : 'text'
  if (!choices) return html`<input name="${name}" type="${type}" value="${value}">`
  const options = ['', ...choices].map(
    choice => html`<option${choice === value ? html` selected` : ''}>${choice}</option>`,
  )
  return html`<select name="${name}">${options}</select>`
}

/** What a form says, in the types of the schema. An empty field counts as missing. */
export function readForm(request: FastifyRequest, schema: FormSchema): Values {
  const fields = Object.entries(schema.properties).flatMap(([name, { type }]) => {
    const text = formOf(request.body).get(name)?.trim()
    return text ? [[name, readField(name, type, text)] as const] : []
  })
  const values = Object.fromEntries(fields)
  const validate = request.compileValidationSchema(schema)
  if (validate(values)) return values
  const faults = validate.errors?.map(({ instancePath, message }) => `${instancePath.slice(1)} ${message}`)
  throw commonProblem('INVALID_REQUEST', `The form is not right: ${faults?.join('; ')}.`)
}

function readField(name: string, type: string | undefined, text: string): unknown {
  if (text.length > maxLength) throw commonProblem('INVALID_REQUEST', `${name} is too long.`)
  if (type === 'integer') return Number(text)
  if (type === 'boolean') return text === 'true'
  if (type === 'array') return text.split(/\s+/)
  if (type !== 'object') return text
  try {
    return JSON.parse(text)
  } catch {
    throw commonProblem('INVALID_REQUEST', `${name} has to be JSON.`)
  }
}
