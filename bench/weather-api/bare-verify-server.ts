/**
 * The least that an HTTP API with token verification can do: Node's server, one `crypto.verify` per request with a given key,
 * a fixed response. It checks no claims, fetches no keys and logs nothing.
 */
import { createPublicKey, verify } from 'node:crypto'
import { createServer } from 'node:http'

const { PORT, PUBLIC_KEY } = process.env
const key = createPublicKey(PUBLIC_KEY ?? '')
const body = JSON.stringify({ city: 'Dallas', filler: 'x'.repeat(600) })

createServer((request, response) => {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
  const end = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  const valid =
    request.url === '/readyz' ||
    verify('RSA-SHA256', Buffer.from(token.slice(0, end), 'latin1'), key, signature)
  response.writeHead(valid ? 200 : 401, { 'content-type': 'application/json' }).end(body)
}).listen(Number(PORT), '127.0.0.1')
