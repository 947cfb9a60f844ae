import { escapeHtml } from '../sign-in/html.ts'

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
  return typeof content === 'object' ? content.map(render).join('\n') : escapeHtml(String(content))
}
