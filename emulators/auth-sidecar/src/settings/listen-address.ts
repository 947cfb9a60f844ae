import type { EnvironmentReader } from '@entra-agents/service-kit'
import type { Settings } from './settings.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const urlPattern = /^http:\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/*$/i

/**
 * Where the emulator listens: at the first URL of `ASPNETCORE_URLS`, where the host `+` or `*` means all addresses. Without
 * the variable: at the host `HOST` (default: loopback) and the port `ASPNETCORE_HTTP_PORTS` (default: 8080).
 */
export function readListenAddress(settings: Settings, reader: EnvironmentReader): ListenAddress {
  const [url] = settings.text('ASPNETCORE_URLS')?.split(';') ?? []
  if (url === undefined) {
    const port = reader.port('ASPNETCORE_HTTP_PORTS', 8080)
    return { host: reader.text('HOST', 'localhost'), port }
  }
  const [, host, port = '80'] = urlPattern.exec(url.trim()) ?? []
  if (host === undefined)
    reader.fault(`ASPNETCORE_URLS must hold an http://host:port address; "${url.trim()}" is none.`)
  return { host: addressToBind(host ?? ''), port: Number(port) }
}

/** Kestrel binds host names other than `localhost`, such as `+` and `*`, to every address of the machine. */
function addressToBind(host: string): string {
  if (host.startsWith('[')) return host.slice(1, -1)
  return /^(localhost|\d+\.\d+\.\d+\.\d+)$/i.test(host) ? host : '0.0.0.0'
}
