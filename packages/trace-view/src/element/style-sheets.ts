import { signal } from '@preact/signals'

/** The style sheets of all parts that have been loaded, in the order in which they came. */
const styleSheets = signal<readonly CSSStyleSheet[]>([])

/** Styles every trace on the page; the build of the element makes a call of this of each style sheet that a part imports. */
export function addStyles(css: string): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  styleSheets.value = [...styleSheets.value, sheet]
}

/** Gives a shadow root the style sheets of the parts that are loaded, and of those that are loaded later. */
export function adoptStyles(root: ShadowRoot): () => void {
  return styleSheets.subscribe(sheets => {
    root.adoptedStyleSheets = [...sheets]
  })
}
