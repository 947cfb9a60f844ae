import { strictObject } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { ExportedTurn } from '../conversation/turn-shape.ts'
import { fileFormat, fileVersion } from './file-version.ts'

const text = Type.String()

/** The content of a JSON file, or of the data block of a report. */
export const ExportedFile = strictObject({
  format: Type.Enum([fileFormat]),
  version: Type.Enum([1, fileVersion]),
  exportedAt: Type.String({ format: 'date-time' }),
  /** The host of the page, and the version of the agent. */
  from: strictObject({ host: text, version: text }),
  /** Whether personal data and tenant are left out. */
  redacted: Type.Boolean(),
  /** Whether the page that made this file had read the answers from another file. */
  fromFile: Type.Boolean(),
  /** Names from the agent's configuration, for readers whose page is configured for another agent. */
  names: strictObject({
    agents: Type.Optional(Type.Array(strictObject({ name: text, title: text }))),
    apis: Type.Array(strictObject({ name: text, title: text, appId: text })),
    names: Type.Record(Type.String(), text),
    emulated: Type.Array(text),
  }),
  turns: Type.Array(ExportedTurn, { minItems: 1, maxItems: 500 }),
})
export type ExportedFile = Static<typeof ExportedFile>
