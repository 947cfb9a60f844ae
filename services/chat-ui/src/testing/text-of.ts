import { type ComponentChildren, isValidElement } from 'preact'

/** The text of elements whose components use no hooks, each element's text on a line of its own, without a document. */
export function textOf(children: ComponentChildren): string {
  if (Array.isArray(children)) return children.map(textOf).join('')
  if (!isValidElement(children))
    return typeof children === 'string' || typeof children === 'number' ? `${children}` : ''
  const { type, props } = children
  if (typeof type === 'function') return textOf((type as (props: unknown) => ComponentChildren)(props))
  const isInline = ['span', 'code', 'strong', 'b', 'bdi', 'svg', 'path'].includes(type)
  return `${isInline ? '' : '\n'}${textOf(props.children)}`
}
