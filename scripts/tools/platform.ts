/** Operating system and processor, named as in Go and most releases. */
export type Platform = `${'linux' | 'darwin'}-${'amd64' | 'arm64'}`
export type Hashes = Readonly<Partial<Record<Platform, string>>>

const known: readonly Platform[] = ['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64']
const here = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`

/** The pinned hash for this machine. */
export function pinnedHere(hashes: Hashes): { readonly platform: Platform; readonly hash: string } {
  const platform = known.find(name => name === here)
  const hash = platform && hashes[platform]
  if (!hash) throw new Error(`there is none for ${here}`)
  return { platform, hash }
}
