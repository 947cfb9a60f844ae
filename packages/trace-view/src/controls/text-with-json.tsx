import { CopyButton } from './copy-button.tsx'

/** A sentence. JSON at its end, such as a policy to paste, is shown below, formatted, with a button to copy it. */
export function TextWithJson({ text }: { readonly text: string }) {
  const start = text.indexOf('{')
  const json = start < 0 ? undefined : formatJson(text.slice(start))
  if (json === undefined) return <p>{text}</p>
  return (
    <>
      <p>{text.slice(0, start)}</p>
      <div class="json stack gap-2">
        <pre class="wide t1">{json}</pre>
        <CopyButton label="Copy the JSON" text={() => json} worded />
      </div>
    </>
  )
}

function formatJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return undefined
  }
}
