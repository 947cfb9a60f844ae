import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** The beginning of the note on tests that are skipped because a program is missing. */
export const missingPrefix = 'missing: '

/** Prints at the end of a run how many tests were skipped because a program is missing. */
export class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const notes = modules.flatMap(module => [...module.children.allTests('skipped')]).flatMap(noteOf)
    if (notes.length === 0) return
    const programs = [...new Set(notes)].map(note => note.slice(missingPrefix.length)).join(', ')
    process.stdout.write(
      `${notes.length} tests skipped, since these programs are missing: ${programs}. To get them: make tools\n`,
    )
  }
}

function noteOf(test: TestCase): readonly string[] {
  const result = test.result()
  return result.state === 'skipped' && result.note?.startsWith(missingPrefix) ? [result.note] : []
}
