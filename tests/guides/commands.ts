import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const placeholders: Readonly<Record<string, string>> = {
  '<issuer>': 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/',
}

/** A command that a guide shows. */
export interface Command {
  readonly words: readonly string[]
  /** Under the comment `# not run by our tests`. */
  readonly isMarked: boolean
}

export function readGuide(name: string): string {
  return readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8')
}

/** The commands of a guide: lines that are indented by four; those of a block that is marked are marked. */
export function commandsOf(guide: string): readonly Command[] {
  const blocks = readGuide(guide)
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/ \\\n +/g, ' ')
    .split(/\n(?! {4}\S)/)
  return blocks.flatMap(block => {
    const lines = [...block.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line)
    const isMarked = lines.some(line => line.startsWith('# not run by our tests'))
    return lines
      .filter(line => !line.startsWith('#'))
      .map(line => ({ words: fill(line).split(' '), isMarked }))
  })
}

function fill(line: string): string {
  return Object.entries(placeholders).reduce((text, [name, value]) => text.replaceAll(name, value), line)
}
