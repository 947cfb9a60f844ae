import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { allowedAttributes } from './names.ts'

/** Removes from ended spans all attributes that are not on the list, and all events, since these contain texts of errors. */
export class AllowList implements SpanProcessor {
  onEnding({ attributes, events }: Span): void {
    for (const name of Object.keys(attributes)) {
      if (!allowedAttributes.has(name)) delete attributes[name]
    }
    events.length = 0
  }

  onStart(): void {}
  onEnd(): void {}
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
