import { commonProblem } from '@entra-agents/service-kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { formOf } from '../emulator/faults.ts'
import type { Entra } from '../entra.ts'
import { type Content, html, type Markup, sendPage } from '../sign-in/html.ts'

const maxItems = 200
const screens = {
  '': 'Flows',
  '/lab/experiments': 'Experiments',
  '/lab/policies': 'Policies',
  '/lab/directory': 'Directory',
  '/lab/controls': 'Controls',
  '/lab/token': 'Forge a token',
}
const css = `
body { place-items: start center; } main { width: min(60rem, calc(100vw - 2rem)); padding: clamp(1rem, 4vw, 2rem); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-block-end: .75rem; } a { color: light-dark(#0f5cc0, #7db4ff); }
a[aria-current] { color: inherit; font-weight: 600; } h2 { margin: 1.5rem 0 .5rem; font-size: 1.125rem; }
li, form, details { margin-block-end: .75rem; } form { justify-items: start; } label { display: grid; width: 100%; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: .5rem 1rem; }
dt, small { color: light-dark(#505a66, #b0b9c4); font-size: .875rem; } dd { margin: 0; } pre { white-space: pre-wrap; font-size: .875rem; }
li form { display: inline-grid; margin: .5rem .5rem 0 0; }
dd, code, li, pre, strong { unicode-bidi: isolate; }
input, select { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; border: 1px solid light-dark(#6b7480, #8a94a1); border-radius: .375rem; background: light-dark(#fff, #1f252c); color: inherit; }
:is(a, summary, input, select):focus-visible { outline: .1875rem solid light-dark(#0f5cc0, #7db4ff); outline-offset: .125rem; }
.refused { color: light-dark(#a3201a, #ff9d94); } .accepted { color: light-dark(#1c6b34, #86d79c); }
`

/** Sends a screen of the lab, with links to the others. */
export function sendScreen(reply: FastifyReply, title: string, content: Content, status = 200): FastifyReply {
  const { routeOptions, url } = reply.request
  const links = Object.entries(screens).map(([path, name]) => {
    const isCurrent = routeOptions.url === `/emulator${path}` && !url.includes('?')
    const current = isCurrent ? html` aria-current="page"` : ''
    return html`<a href="/emulator${path}"${current}>${name}</a>`
  })
  const body = html`<nav aria-label="Lab">${links}</nav>\n${content}`
  return sendPage(reply, { status, title, body }, { css, referrerPolicy: 'same-origin' })
}

export function list(title: string, items: readonly Content[]): Markup {
  const lines = items.slice(0, maxItems).map(item => html`<li>${item}</li>`)
  if (items.length > maxItems) lines.push(html`<li>… and ${items.length - maxItems} more.</li>`)
  return html`<h2>${title}</h2>\n${lines.length > 0 ? html`<ul>${lines}</ul>` : html`<p>None.</p>`}`
}

export function facts(entries: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl>${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

export type ShowId = (id: string) => Markup

export function namesOf({ directory }: Entra): ShowId {
  const { users, groups, applications, servicePrincipals } = directory.content
  const objects = [...applications, ...groups, ...users, ...servicePrincipals]
  const names = new Map(objects.map(({ id, displayName }) => [id, displayName]))
  for (const { appId, displayName } of servicePrincipals) names.set(appId, displayName)
  return id => html`${names.has(id) ? html`<strong>${names.get(id)}</strong> ` : ''}<code>${id}</code>`
}

/** Claims of a token, with the names of the objects whose ids they are, and with times as dates. */
export function claimsMarkup(claims: object, showId: ShowId): Markup {
  return facts(Object.entries(claims).map(([name, value]) => [name, valueMarkup(name, value, showId)]))
}

function valueMarkup(name: string, value: unknown, showId: ShowId): Markup {
  if (typeof value === 'string') return showId(value)
  const date = new Date(['exp', 'iat', 'nbf'].includes(name) ? Number(value) * 1_000 : Number.NaN)
  return html`${Number.isNaN(date.getTime()) ? '' : date.toISOString()} <code>${JSON.stringify(value)}</code>`
}

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
    const type = [optional, typeHints[field.type ?? '']].filter(Boolean).join(', ')
    const hints = [type, field.description].filter(Boolean).join('. ')
    return html`<label>${name} <small>${hints}</small>${inputOf(name, field, String(values[name] ?? ''))}</label>`
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
export function readForm<Schema extends FormSchema>(request: FastifyRequest, schema: Schema): Static<Schema> {
  const fields = Object.entries(schema.properties).flatMap(([name, { type }]) => {
    const text = formOf(request.body).get(name)?.trim()
    return text ? [[name, readField(name, type, text)] as const] : []
  })
  const values = Object.fromEntries(fields)
  const validate = request.compileValidationSchema(schema)
  if (validate(values)) return values as Static<Schema>
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
