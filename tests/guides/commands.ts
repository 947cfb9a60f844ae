import { read } from './project.ts'

/** A code block of commands to type. Blocks of `sh` work in bash and PowerShell alike. */
export interface Block {
  readonly shell: 'sh' | 'bash' | 'powershell'
  /** What follows the shell's name: `start` in “```sh start”. */
  readonly label: string
  /** Its commands, one a line, without comments. */
  readonly lines: readonly string[]
  /** Whether the block is under the comment `# not run by our tests`. */
  readonly isMarked: boolean
  /** The paragraph before the block. */
  readonly before: string
}

export interface Command {
  readonly words: readonly string[]
  readonly isMarked: boolean
}

export const readGuide = (name: string) => read(`docs/${name}`)

/** The blocks of commands of a document, by its path from the root of the repository. */
export function blocksOf(path: string): readonly Block[] {
  return blocksIn(read(path))
}

/** The blocks of commands of a Markdown text, those of its lists included. */
export function blocksIn(text: string): readonly Block[] {
  return [...text.matchAll(/^( *)```(sh|bash|powershell)\b *(.*)\n([\s\S]*?)^\1```$/gm)].map(
    ({ 1: indent = '', 2: shell = '', 3: label = '', 4: content = '', index }) => {
      const lines = content
        .split('\n')
        .map(line => line.slice(indent.length).replace(/ +# .*$/, ''))
        .filter(line => line !== '')
      return {
        shell: shell as Block['shell'],
        label,
        lines: lines.filter(line => !line.startsWith('#')),
        isMarked: lines.some(line => line.startsWith('# not run by our tests')),
        before: text.slice(0, index).trimEnd().split('\n\n').at(-1) ?? '',
      }
    },
  )
}

/** The commands of a guide, as one types them in bash. */
export function commandsOf(guide: string): readonly Command[] {
  return blocksOf(`docs/${guide}`)
    .filter(({ shell }) => shell !== 'powershell')
    .flatMap(({ lines, isMarked }) => lines.map(line => ({ words: line.split(' '), isMarked })))
}
