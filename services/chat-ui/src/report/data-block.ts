const opening = '<script type="application/json" id="identity-trace">'
const closing = '</script>'

/** The data of a report as its one element that is no text for people. Nothing in it can end it, or begin another. */
export function writeDataBlock(data: unknown): string {
  return `${opening}${JSON.stringify(data).replaceAll('<', '\\u003c')}${closing}`
}

/** What stands in the data block of a report; `undefined` where there is none. It is found, not parsed as HTML. */
export function dataBlock(html: string): string | undefined {
  const start = html.lastIndexOf(opening)
  const end = start < 0 ? -1 : html.indexOf(closing, start)
  return end < 0 ? undefined : html.slice(start + opening.length, end)
}
