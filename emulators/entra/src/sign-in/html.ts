import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

/** HTML in which all texts are escaped. */
export class Markup {
  readonly html: string

  constructor(html: string) {
    this.html = html
  }
}

export type Content = string | number | undefined | Markup | readonly Content[]

/** A template of HTML: whatever is put into it is escaped, unless it is made by such a template. */
export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(String.raw({ raw: texts }, ...contents.map(render)))
}

function render(content: Content = ''): string {
  if (content instanceof Markup) return content.html
  if (typeof content === 'object') return content.map(render).join('\n')
  return String(content).replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

const styles = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef1f5, #14181d); color: light-dark(#1b1f24, #e8ebef); }
main { box-sizing: border-box; overflow-wrap: anywhere; width: min(27rem, calc(100vw - 2rem)); margin: 1rem; padding: 2rem; border-radius: .75rem; background: light-dark(#fff, #1f252c); box-shadow: 0 .25rem 1.5rem #0003; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; }
p, ul { margin: 0 0 1rem; }
form { display: grid; gap: .625rem; }
button { font: inherit; padding: .75rem 1rem; border: 1px solid light-dark(#6b7480, #8a94a1); border-radius: .5rem; background: transparent; color: inherit; text-align: start; cursor: pointer; }
button small { display: block; color: light-dark(#505a66, #b0b9c4); }
button:hover { background: light-dark(#eef4fb, #29323c); }
button:focus-visible { outline: .1875rem solid light-dark(#0f5cc0, #7db4ff); outline-offset: .125rem; }
button.primary { text-align: center; background: light-dark(#0f5cc0, #7db4ff); border-color: transparent; color: light-dark(#fff, #0b1622); font-weight: 600; }
button.plain { text-align: center; }
.emulated { margin: 0 0 1.25rem; padding: .5rem .75rem; border-radius: .5rem; background: light-dark(#fff3d6, #4a3a10); color: light-dark(#4d3800, #ffe3a1); font-size: .875rem; }
ul { padding-inline-start: 1.25rem; }
`

/** The only script of any page: it sends the page's form. */
const submitScript = 'document.forms[0].submit()'
const hashSource = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * Sends a page that cannot be framed, and has no script unless its form is sent at once. Browsers may be sent to `formTarget` by the
 * form or by the response to it: `form-action` applies to redirects, too.
 */
export function sendPage(
  reply: FastifyReply,
  page: { status?: number; title: string; body: Content; formTarget?: string | undefined; sendsForm?: true },
  look: { readonly css?: string; readonly referrerPolicy?: 'same-origin' } = {},
): FastifyReply {
  const css = styles + (look.css ?? '')
  const script = page.sendsForm ? `<script>${submitScript}</script>\n` : ''
  const title = render(page.title)
  const policy = [
    "default-src 'none'",
    `style-src ${hashSource(css)}`,
    ...(page.sendsForm ? [`script-src ${hashSource(submitScript)}`] : []),
    `form-action ${["'self'", ...(page.formTarget === undefined ? [] : [sourceOf(page.formTarget)])].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
  return reply
    .code(page.status ?? 200)
    .type('text/html; charset=utf-8')
    .headers({
      'cache-control': 'no-store, no-cache',
      'content-security-policy': policy,
      'referrer-policy': look.referrerPolicy ?? 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    .send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${css}</style>
</head>
<body>
<main>
<p class="emulated">Emulated Microsoft Entra ID. These people are made up, and there are no passwords.</p>
<h1>${title}</h1>
${render(page.body)}
</main>
${script}</body>
</html>
`)
}

/** What Content Security Policy calls an address: its origin or, of the schemes of native applications, the scheme. */
function sourceOf(address: string): string {
  const { origin, protocol } = new URL(address)
  return origin === 'null' ? protocol : origin
}

/** Lets the browser post parameters to the application (OAuth 2.0 Form Post Response Mode). */
export function sendFormPost(reply: FastifyReply, address: string, parameters: URLSearchParams) {
  const fields = [...parameters].map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  const body = html`<form method="post" action="${address}">
${fields}
<button class="primary" autofocus>Continue</button>
</form>`
  return sendPage(reply, { title: 'Working…', body, formTarget: address, sendsForm: true })
}
