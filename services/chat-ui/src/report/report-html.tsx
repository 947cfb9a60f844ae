import base from '@entra-agents/trace-view/styles/base.css?inline'
import formula from '@entra-agents/trace-view/styles/formula.css?inline'
import layout from '@entra-agents/trace-view/styles/layout.css?inline'
import tokens from '@entra-agents/trace-view/styles/tokens.css?inline'
import trace from '@entra-agents/trace-view/styles/trace.css?inline'
import { render } from 'preact'
import rules from '../styles/report.css?inline'
import type { ExportedFile } from './file-shape.ts'
import { ReportView, reportTitle } from './report-view.tsx'

const css = [tokens, base, layout, trace, formula, rules].join('\n')

/**
 * The hash of the styles, the only source that the report's Content-Security-Policy allows; `undefined` on plain http, where
 * browsers offer no hashing.
 */
const styleSource = await hash(css)

async function hash(text: string): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`
}

/** An exported file as a self-contained page: it runs no code and makes no requests. */
export function reportHtml(file: ExportedFile): string {
  const place = document.createElement('div')
  render(<ReportView file={file} />, place)
  const policy = [
    "default-src 'none'",
    `style-src ${styleSource ?? "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(reportTitle(file))}</title>
<style>${css}</style>
</head>
<body>
${place.innerHTML}
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
