import { describe, expect, it } from 'vitest'
import { ImageAllowance } from './images.ts'

const model = 'eu.anthropic.claude-haiku-5-5'
const takeImage = (bytes: Uint8Array) => new ImageAllowance(model).take(bytes)

/** An image of this length with these bytes at its beginning, and what `write` puts into it. */
function image(length: number, start: string, write: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.write(start, 'latin1')
  write(bytes)
  return bytes
}
const png = (width: number, height: number) =>
  image(33, '\x89PNG\r\n\x1a\n', bytes => bytes.writeUInt32BE(height, bytes.writeUInt32BE(width, 16)))
const gif = (width: number, height: number) =>
  image(11, 'GIF89a....;', bytes => bytes.writeUInt16LE(height, bytes.writeUInt16LE(width, 6)))
/** A JPEG as cameras and programs write it: another segment comes before the segment that begins the frame. */
const jpeg = (width: number, height: number) =>
  image(30, '\xff\xd8\xff\xe0\x00\x10', bytes => {
    bytes.write('ffc20011080000000003', 20, 'hex')
    bytes.writeUInt16BE(width, bytes.writeUInt16BE(height, 25))
  })
const lossyWebp = (width: number, height: number) =>
  image(30, 'RIFF....WEBPVP8 ', bytes => bytes.writeUInt16LE(height, bytes.writeUInt16LE(width, 26)))
const losslessWebp = (width: number, height: number) =>
  image(30, 'RIFF....WEBPVP8L', bytes => bytes.writeUInt32LE((width - 1) | ((height - 1) << 14), 21))
const extendedWebp = (width: number, height: number) =>
  image(30, 'RIFF....WEBPVP8X', bytes =>
    bytes.writeUIntLE(height - 1, bytes.writeUIntLE(width - 1, 24, 3), 3),
  )

describe('An image for the model', () => {
  it.each([
    ['PNG', png, 'png'],
    ['GIF', gif, 'gif'],
    ['JPEG', jpeg, 'jpeg'],
    ['lossy WebP', lossyWebp, 'webp'],
    ['lossless WebP', losslessWebp, 'webp'],
    ['extended WebP', extendedWebp, 'webp'],
  ])('is recognised as %s by its bytes, and refused if it is too wide or too high', (_what, of, format) => {
    expect(takeImage(of(8_000, 8_000))).toEqual({ format, bytes: of(8_000, 8_000) })
    expect(takeImage(of(8_001, 1))).toBe('more than 8000 pixels wide or high')
    expect(takeImage(of(1, 8_001))).toBe('more than 8000 pixels wide or high')
  })

  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is cut short', png(1, 1).subarray(0, 20)],
    ['is a JPEG without a frame', Buffer.from('ffd8ffe00010', 'hex')],
    ['is a JPEG of empty segments', Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(1_000, 0xff)])],
    ['is a WebP of an unknown kind', image(30, 'RIFF....WEBPVP9 ')],
    ['is an SVG image', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ])('that %s is refused', (_what, bytes) => {
    expect(takeImage(bytes)).toBe('not a PNG, JPEG, GIF or WebP')
  })

  it('is refused if it exceeds the turn’s limit for all images', () => {
    const allowance = new ImageAllowance(model)
    const large = Buffer.concat([png(1, 1), Buffer.alloc(3_000_000)])
    const taken = Array.from({ length: 5 }, () => allowance.take(large))
    expect(taken.filter(image => typeof image === 'object')).toHaveLength(3)
    expect(taken.at(-1)).toBe('a turn has room for 12000000 bytes of images')
  })

  it.each([
    ['us.anthropic.claude-sonnet-4-6', true],
    ['arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.anthropic.claude-haiku-5-5', true],
    ['us.anthropic.claude-3-5-haiku-20241022-v1:0', false],
    ['arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl', false],
    ['us.amazon.nova-lite-v1:0', false],
  ])('is accepted if the model reads images: %s (%s)', (modelId, isTaken) => {
    expect(typeof new ImageAllowance(modelId).take(png(1, 1))).toBe(isTaken ? 'object' : 'string')
  })
})
