import { networkInterfaces } from 'node:os'
import type { Settings } from './settings.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export type ListenAddresses = readonly [ListenAddress, ...ListenAddress[]]

const defaultPort = 8080

/**
 * Where Kestrel would listen: `Kestrel:Endpoints:*:Url` wins over `ASPNETCORE_URLS`, that over
 * `ASPNETCORE_HTTP_PORTS`, and 8080 (set by the base image) is the default.
 *
 * @param fault is told about every address that cannot be used.
 */
export function readListenAddresses(settings: Settings, fault: (sentence: string) => void): ListenAddresses {
  const [first = everywhere(defaultPort), ...others] = parseAll(settings, fault)
  return [first, ...others]
}

function parseAll(settings: Settings, fault: (sentence: string) => void): readonly ListenAddress[] {
  const endpoints = settings
    .childNames('Kestrel:Endpoints')
    .flatMap(name => settings.text(`Kestrel:Endpoints:${name}:Url`) ?? [])
  if (endpoints.length > 0) return endpoints.flatMap(url => parseAddress(url, 'Kestrel__Endpoints', fault))
  const urls = settings.text('ASPNETCORE_URLS')
  if (urls) return urls.split(';').flatMap(url => parseAddress(url, 'ASPNETCORE_URLS', fault))
  const ports = settings.text('ASPNETCORE_HTTP_PORTS')?.split(';') ?? []
  return ports.flatMap(port => parseAddress(`http://+:${port}`, 'ASPNETCORE_HTTP_PORTS', fault))
}

function parseAddress(
  url: string,
  variable: string,
  fault: (sentence: string) => void,
): readonly ListenAddress[] {
  const [, scheme, host, port] = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/*$/i.exec(url.trim()) ?? []
  if (scheme?.toLowerCase() !== 'http' || host === undefined) {
    fault(`${variable} must hold http://host:port addresses; "${url.trim()}" is none.`)
    return []
  }
  return [{ host: bindHost(host), port: Number(port ?? 80) }]
}

function everywhere(port: number): ListenAddress {
  return { host: anyAddress(), port }
}

/** Both IPv6 and IPv4 where the machine has both. */
function anyAddress(): string {
  const families = Object.values(networkInterfaces()).flatMap(
    addresses => addresses?.map(({ family }) => family) ?? [],
  )
  return families.includes('IPv6') ? '::' : '0.0.0.0'
}

/** Kestrel binds names other than `localhost`, such as `+` and `*`, to every address of the machine. */
function bindHost(host: string): string {
  if (host.toLowerCase() === 'localhost') return 'localhost'
  if (host.startsWith('[')) return host.slice(1, -1)
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? host : anyAddress()
}
