import type { TestEntra } from './start-entra.ts'

type Fields = Readonly<Record<string, string>>

/** Opens a page of the lab, or submits these fields of a form there, as a browser does. */
export async function visitLab(
  { url }: Pick<TestEntra, 'url'>,
  path: string,
  fields?: Fields,
  headers: Fields = {},
) {
  const response = await fetch(`${url}/emulator${path}`, {
    redirect: 'manual',
    headers: { origin: url, 'sec-fetch-site': 'same-origin', ...headers },
    ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
  })
  return { status: response.status, headers: response.headers, html: await response.text() }
}
