/** The parts of an `Authorization: AWS4-HMAC-SHA256 …` header. */
export interface SignatureV4Authorization {
  readonly accessKeyId: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
}

const headerPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request, SignedHeaders=([^,]+), Signature=\w+$/

/** Parses an `Authorization` header; `undefined` if the header has another form. */
export function readAuthorization(header: string): SignatureV4Authorization | undefined {
  const found = headerPattern.exec(header)
  if (!found) return undefined
  const [, accessKeyId = '', region = '', service = '', signedHeaders = ''] = found
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(';') }
}
