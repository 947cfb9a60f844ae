const opening = '<script type="application/json" id="identity-trace">'
const closing = '</script>'

/** The data of a report, in the report's only element that is not for people. No data can end the element or begin another one. */
export function writeDataBlock(data: unknown): string {
  return `${opening}${JSON.stringify(data).replaceAll('<', '\\u003c')}${closing}`
}

/** The content of a report's data block; `undefined` if there is none. Found by search, without parsing the HTML. */
export function dataBlock(html: string): string | undefined {
  const start = html.lastIndexOf(opening)
  const end = start < 0 ? -1 : html.indexOf(closing, start)
  return end < 0 ? undefined : html.slice(start + opening.length, end)
}
