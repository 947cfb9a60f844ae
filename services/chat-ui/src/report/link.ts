import type { ExportedFile } from './file-shape.ts'
import { mostFileBytes, readExportedFile, UnreadableFile } from './read-file.ts'

/** The beginning of an address's fragment that carries a trace, before the version of the encoding. */
export const linkStart = '#trace='

const version = 1

/** The longest encoded trace that a link carries: mail programs and chats cut longer links. */
export const mostLinkCharacters = 32 * 1024

/** A trace as the fragment of an address, which no browser sends to a server; `undefined` if it is too long for a link. */
export async function writeLink(file: ExportedFile): Promise<string | undefined> {
  const text = JSON.stringify(file)
  if (text.length > mostFileBytes) return undefined
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  const encoded = toBase64Url(new Uint8Array(await new Response(packed).arrayBuffer()))
  return encoded.length > mostLinkCharacters ? undefined : `${linkStart}${version}.${encoded}`
}

/**
 * Reads the trace that an address carries, which is trusted as little as a file.
 *
 * @throws UnreadableFile
 */
export async function readLink(fragment: string): Promise<ExportedFile> {
  const [, number, encoded = ''] = /^(\d{1,9})\.(.*)$/.exec(fragment.slice(linkStart.length)) ?? []
  if (Number(number) > version) throw new UnreadableFile('Made by a newer version of this page.')
  if (encoded.length > mostLinkCharacters) throw new UnreadableFile('It is too long for a link of this page.')
  if (Number(number) !== version || encoded === '') throw brokenLink()
  return readExportedFile(await unpack(encoded))
}

function brokenLink(): UnreadableFile {
  return new UnreadableFile(
    'It is broken or not whole: copy it once more, from its first letter to its last.',
  )
}

/** Unpacks a text, but never more than a file may hold: a few bytes can be packed gigabytes of zeros. */
async function unpack(encoded: string): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  try {
    const packed = new Blob([fromBase64Url(encoded)]).stream()
    const reader = packed.pipeThrough(new DecompressionStream('deflate-raw')).getReader()
    let left = mostFileBytes
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      left -= part.value.length
      parts.push(part.value)
      if (left >= 0) continue
      await reader.cancel()
      throw new UnreadableFile('It holds more than this page reads.')
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await new Blob(parts).arrayBuffer())
  } catch (error) {
    throw error instanceof UnreadableFile ? error : brokenLink()
  }
}

function toBase64Url(bytes: Uint8Array): string {
  const letters = Array.from(bytes, byte => String.fromCharCode(byte)).join('')
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.charCodeAt(0))
}
