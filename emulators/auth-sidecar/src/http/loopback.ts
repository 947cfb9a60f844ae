/** Whether an address is 127.0.0.0/8, ::1 or a v4-mapped form of the former; callers over a Unix socket have none. */
export function isLoopback(address: string | undefined): boolean {
  if (!address) return true
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return plain === '::1' || plain.startsWith('127.')
}
