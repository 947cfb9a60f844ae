import { readsImages } from './models.ts'

/** An image in Bedrock's form. */
export interface ModelImage {
  readonly format: 'png' | 'jpeg' | 'gif' | 'webp'
  readonly bytes: Uint8Array
}

/**
 * Bedrock's limits for images: an image that Bedrock refuses would end the turn. The limit for all images of
 * a turn keeps the request, which has them in base64, within 20 MB.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
const imageLimits = { images: 20, bytesOfImage: 3_750_000, bytesOfTurn: 12_000_000, pixels: 8_000 }

/** How many more images, and of what size, the turn may show the model. */
export class ImageAllowance {
  readonly #readsImages: boolean
  #images = 0
  #bytes = 0

  constructor(modelId: string | null) {
    this.#readsImages = modelId !== null && readsImages(modelId)
  }

  /** Returns the image for the model, or why the model gets none. */
  take(bytes: Uint8Array): ModelImage | string {
    if (!this.#readsImages) return 'the model is not known to read images'
    if (bytes.length > imageLimits.bytesOfImage) return `more than ${imageLimits.bytesOfImage} bytes`
    const found = readHeader(bytes)
    if (found === undefined) return 'not a PNG, JPEG, GIF or WebP'
    if (Math.max(found.width, found.height) > imageLimits.pixels) {
      return `more than ${imageLimits.pixels} pixels wide or high`
    }
    if (this.#images >= imageLimits.images) return `a turn has room for ${imageLimits.images}`
    if (this.#bytes + bytes.length > imageLimits.bytesOfTurn) {
      return `a turn has room for ${imageLimits.bytesOfTurn} bytes of images`
    }
    this.#images += 1
    this.#bytes += bytes.length
    return { format: found.format, bytes }
  }
}

interface ImageHeader {
  readonly format: ModelImage['format']
  readonly width: number
  readonly height: number
}

/** Reads format and size from the first bytes, whatever format the sender names; `undefined` for unknown formats. */
function readHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = view.toString('latin1', 0, 30)
  if (text.startsWith('\x89PNG\r\n\x1a\n') && view.length >= 24) {
    return { format: 'png', width: view.readUInt32BE(16), height: view.readUInt32BE(20) }
  }
  if (/^GIF8[79]a/.test(text) && view.length >= 10) {
    return { format: 'gif', width: view.readUInt16LE(6), height: view.readUInt16LE(8) }
  }
  if (/^RIFF.{4}WEBP/s.test(text) && view.length >= 30) return readWebp(view, text.slice(12, 16))
  return text.startsWith('\xff\xd8\xff') ? readJpeg(view) : undefined
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function readWebp(view: Buffer, chunk: string): ImageHeader | undefined {
  const format = 'webp'
  switch (chunk) {
    case 'VP8 ':
      return { format, width: view.readUInt16LE(26) & 0x3fff, height: view.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      const sizes = view.readUInt32LE(21)
      return { format, width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { format, width: view.readUIntLE(24, 3) + 1, height: view.readUIntLE(27, 3) + 1 }
    default:
      return undefined
  }
}

/** Skips the segments before the one that begins the frame. */
function readJpeg(view: Buffer): ImageHeader | undefined {
  let offset = 2
  while (offset + 9 <= view.length && view[offset] === 0xff) {
    const marker = view[offset + 1] ?? 0
    const beginsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (beginsFrame) {
      return { format: 'jpeg', width: view.readUInt16BE(offset + 7), height: view.readUInt16BE(offset + 5) }
    }
    const isFill = marker === 0xff
    offset += isFill ? 1 : 2 + view.readUInt16BE(offset + 2)
  }
  return undefined
}
