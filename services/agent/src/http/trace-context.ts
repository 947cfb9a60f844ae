/** W3C Trace Context, version 00; ids of zeros only are invalid. https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentShape = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The request's `traceparent` if it is one; anything else is dropped rather than passed on. */
export function readTraceparent(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && traceparentShape.test(header) ? header : undefined
}
