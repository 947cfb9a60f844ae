import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { verify } from './download.ts'
import { run } from './run.ts'
import type { Attempt } from './tool.ts'
import { findFile } from './ways.ts'

/**
 * Fetches a package with the user's configuration of npm, and unpacks it. Nothing of it is run.
 *
 * @param sha512 of its archive, in hexadecimal
 * @returns the folder of its files
 */
export async function unpackFromNpm(
  packageName: string,
  sha512: string,
  { folder, signal }: Pick<Attempt, 'folder' | 'signal'>,
): Promise<string> {
  await run('npm', ['pack', '--pack-destination', folder, packageName], { signal })
  const packed = await findFile(folder, '.tgz')
  await verify(packed, 'sha512', sha512)
  await run('tar', ['-xzf', packed, '-C', folder], { signal })
  await rm(packed)
  return join(folder, 'package')
}
