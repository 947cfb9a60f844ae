const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** Text, or elements by name. */
export type XmlContent = string | { readonly [element: string]: XmlContent }

/** The response to an action of STS's query protocol. */
export function actionResponse(action: string, result: XmlContent, requestId: string): string {
  return document(`${action}Response`, {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: requestId },
  })
}

export function errorResponse(code: string, message: string, requestId: string): string {
  return document('ErrorResponse', {
    Error: { Type: 'Sender', Code: code, Message: message },
    RequestId: requestId,
  })
}

function document(name: string, content: XmlContent): string {
  return `<${name} xmlns="${namespace}">${write(content)}</${name}>\n`
}

function write(content: XmlContent): string {
  if (typeof content === 'string') return escapeText(content)
  return Object.entries(content)
    .map(([name, inner]) => `<${name}>${write(inner)}</${name}>`)
    .join('')
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
