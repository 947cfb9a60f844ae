import type { Turn } from '../turn/turn.ts'

/** The answer as the user reads it: what the model says before and after a tool call are paragraphs of one text. */
export class AnswerText {
  readonly #turn: Pick<Turn, 'write'>
  #isBlank = true
  #paragraphDue = false

  constructor(turn: Pick<Turn, 'write'>) {
    this.#turn = turn
  }

  /** Whether the user has nothing to read yet. */
  get isBlank(): boolean {
    return this.#isBlank
  }

  /** Makes the next text a paragraph of its own. */
  startParagraph(): void {
    this.#paragraphDue = !this.#isBlank
  }

  write(text: string): void {
    if (text === '') return
    if (this.#paragraphDue) {
      if (text.trim() === '') return
      this.#turn.write('\n\n')
      this.#paragraphDue = false
    }
    this.#turn.write(text)
    if (text.trim() !== '') this.#isBlank = false
  }
}
