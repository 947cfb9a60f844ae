import type { ImageBlock } from '../wire/converse-request.ts'

const maxBytes = 3_750_000
const beginnings: readonly (readonly [ImageBlock['format'], RegExp])[] = [
  ['png', /^\x89PNG\r\n/],
  ['jpeg', /^\xff\xd8\xff/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF.{4}WEBP/s],
]

/**
 * Why Claude would refuse an image; `undefined` if it would not. Only the first bytes are examined, while Claude decodes
 * all. Limits: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
export function findImageFault({ format, source }: ImageBlock): string | undefined {
  const bytes = Buffer.from(source.bytes, 'base64')
  if (bytes.length > maxBytes) {
    return `image exceeds 3.75 MB maximum: ${bytes.length} bytes > ${maxBytes} bytes`
  }
  const start = bytes.toString('latin1', 0, 16)
  const actual = beginnings.find(([, beginning]) => beginning.test(start))?.[0]
  if (actual === undefined) return 'Could not process image'
  if (actual !== format) {
    return `The image was specified using the image/${format} media type, but the image appears to be a image/${actual} image`
  }
  return undefined
}
