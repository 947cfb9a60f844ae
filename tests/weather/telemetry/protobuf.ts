/** A protobuf message; its fields are read by their numbers. https://protobuf.dev/programming-guides/encoding/ */
export interface Message {
  has(field: number): boolean
  /** Every message in a repeated field. */
  messages(field: number): Message[]
  message(field: number): Message | undefined
  /** Empty when the field is not there. */
  text(field: number): string
  hex(field: number): string
  number(field: number): number | undefined
}

export function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (Buffer | number)[]>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const readers: Readonly<Record<number, () => Buffer | number>> = {
    0: varint,
    1: () => take(8).readDoubleLE(),
    2: () => take(varint()),
    5: () => take(4).readUInt32LE(),
  }
  while (at < bytes.length) {
    const tag = varint()
    const read = readers[tag & 7]
    if (!read) throw new Error(`There is no wire type ${tag & 7}.`)
    const field = Math.floor(tag / 8)
    fields.set(field, [...(fields.get(field) ?? []), read()])
  }
  const bytesOf = (field: number) => (fields.get(field) ?? []).filter(value => typeof value !== 'number')
  return {
    has: field => fields.has(field),
    messages: field => bytesOf(field).map(readMessage),
    message: field => bytesOf(field).map(readMessage)[0],
    text: field => bytesOf(field)[0]?.toString() ?? '',
    hex: field => bytesOf(field)[0]?.toString('hex') ?? '',
    number: field => fields.get(field)?.find(value => typeof value === 'number'),
  }
}
