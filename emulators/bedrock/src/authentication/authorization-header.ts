/** What an `Authorization: AWS4-HMAC-SHA256 …` header says. */
export interface SignatureV4Authorization {
  readonly accessKeyId: string
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const algorithm = 'AWS4-HMAC-SHA256'

/** Takes the header apart, or says in AWS's words what is wrong with it. */
export function readAuthorization(header: string): SignatureV4Authorization | string {
  if (!header.startsWith(algorithm)) return `Unsupported authorization type: '${header.split(' ', 1)[0]}'`
  const parts = new Map(
    header
      .slice(algorithm.length)
      .split(',')
      .map(part => part.trim())
      .map(part => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)] as const),
  )
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter(name => !parts.get(name))
  if (missing.length > 0) {
    return `${missing.map(name => `Authorization header requires '${name}' parameter.`).join(' ')} Authorization=${algorithm}`
  }
  const scope = (parts.get('Credential') ?? '').split('/')
  const [accessKeyId, date, region, service, terminator] = scope
  if (scope.length !== 5 || !accessKeyId || !date || !region || !service || terminator !== 'aws4_request') {
    return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ending in 'aws4_request'."
  }
  const signedHeaders = (parts.get('SignedHeaders') ?? '').split(';')
  return { accessKeyId, date, region, service, signedHeaders, signature: parts.get('Signature') ?? '' }
}
