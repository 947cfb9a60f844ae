import { troubleshootingUrl } from '../words/problem-kinds.ts'

/** The code of a failure, as a link to its documentation. */
export function FailureCode({ code }: { readonly code: string }) {
  return (
    <a class="failure-code" href={troubleshootingUrl(code)} target="_blank" rel="noopener noreferrer">
      <code>{code}</code>
    </a>
  )
}
