import { basename, sep } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import config from '../vitest.config.ts'

const changed = process.env['CHANGED_FILE'] ?? ''

/** The tests nearest to the changed file run first, as they most likely notice, and then no others run. */
class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    return files.toSorted((one, other) => nearness(other.moduleId) - nearness(one.moduleId))
  }
}

/** How many folders a test's path shares with the changed file's; more than any, if the test bears the file's name. */
function nearness(path: string): number {
  const nameOf = (file: string) => basename(file).replace(/(\.long)?(\.test)?\.tsx?$/, '')
  if (nameOf(path) === nameOf(changed)) return 1000
  const [folders, others] = [path.split(sep), changed.split(sep)]
  return folders.findIndex((folder, index) => folder !== others[index])
}

export default { ...config, test: { ...config.test, maxWorkers: 1, sequence: { sequencer: NearestFirst } } }
