import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import type { ComponentChildren, VNode } from 'preact'
import { useRef } from 'preact/hooks'

/**
 * An answer's Markdown as elements of the page. A model may be made to write anything, so only what is listed here
 * becomes an element: no HTML, no images (they would carry data off), no link but https.
 */
export function Markdown({ text }: { readonly text: string }) {
  const shown = useRef<readonly Block[]>([])
  shown.current = toBlocks(text, shown.current)
  return <>{shown.current.map(({ element }) => element)}</>
}

/** A piece of the answer on the top level. Its element stays the same as long as its text does, so it is not drawn again. */
interface Block {
  readonly raw: string
  readonly element: ComponentChildren
}

/** Text that follows can change the last block only, so that what came before it is not read again. */
function toBlocks(text: string, earlier: readonly Block[]): Block[] {
  const last = earlier.findLastIndex(({ raw }) => raw.trim() !== '')
  const kept = earlier.slice(0, Math.max(0, last))
  const keptText = kept.map(({ raw }) => raw).join('')
  if (!text.startsWith(keptText)) return lex(text).map(toBlock)
  const rest = lex(text.slice(keptText.length))
  return [...kept, ...rest.map((token, index) => toBlock(token, kept.length + index))]
}

function toBlock(token: Token, index: number): Block {
  return { raw: token.raw, element: <Element key={index} token={token} /> }
}

/** Text that is nested beyond the stack's depth stands as it is. */
function lex(text: string): Token[] {
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text)
  } catch {
    return [{ type: 'text', raw: text, text }]
  }
}

function Elements({ tokens = [] }: { readonly tokens: readonly Token[] | undefined }) {
  return tokens.map((token, index) => <Element key={index} token={token} />)
}

function Element({ token }: { readonly token: Token }): VNode | string {
  return blockElement(token as MarkedToken) ?? inlineElement(token as MarkedToken)
}

function blockElement(token: MarkedToken): VNode | undefined {
  switch (token.type) {
    case 'paragraph':
      return (
        <p>
          <Elements tokens={token.tokens} />
        </p>
      )
    case 'heading':
      return (
        <h3>
          <Elements tokens={token.tokens} />
        </h3>
      )
    case 'code':
      return <pre>{token.text}</pre>
    case 'blockquote':
      return (
        <blockquote>
          <Elements tokens={token.tokens} />
        </blockquote>
      )
    case 'hr':
      return <hr />
    case 'list':
      return <List list={token} />
    case 'table':
      return <Table table={token} />
    default:
      return undefined
  }
}

function inlineElement(token: MarkedToken): VNode | string {
  switch (token.type) {
    case 'strong':
      return (
        <strong>
          <Elements tokens={token.tokens} />
        </strong>
      )
    case 'em':
      return (
        <em>
          <Elements tokens={token.tokens} />
        </em>
      )
    case 'del':
      return (
        <del>
          <Elements tokens={token.tokens} />
        </del>
      )
    case 'codespan':
      return <code>{token.text}</code>
    case 'br':
      return <br />
    case 'link':
      return <Link link={token} />
    case 'text':
      return token.tokens ? <Elements tokens={token.tokens} /> : token.text
    case 'escape':
      return token.text
    case 'space':
    case 'def':
      return ''
    default:
      return token.raw
  }
}

function List({ list: { ordered, start, items } }: { readonly list: Tokens.List }) {
  const children = items.map((item, index) => (
    <li key={index}>
      <Elements tokens={item.tokens} />
    </li>
  ))
  return ordered ? <ol start={start || 1}>{children}</ol> : <ul>{children}</ul>
}

function Table({ table: { header, rows } }: { readonly table: Tokens.Table }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
    <section class="answer-table" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              <th key={index} scope="col">
                <Elements tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Elements tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Leads elsewhere by https only, and shows where; anything else stays what was written. */
function Link({ link }: { readonly link: Tokens.Link }): VNode {
  const isSafe = URL.parse(link.href)?.protocol === 'https:'
  if (!isSafe) return <>{link.raw}</>
  return (
    <a href={link.href} title={link.href} target="_blank" rel="noopener noreferrer">
      <Elements tokens={link.tokens} />
    </a>
  )
}
