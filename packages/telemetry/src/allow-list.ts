import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { allowedAttributes } from './names.ts'

/** Takes off every span that ends what is not on the list of attributes, and its events, which hold texts of errors. */
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
