import type { GraphRequest } from '../graph.ts'

/** The access that a request needs: the least permission of the token, and the least role of the user. */
export interface Access {
  readonly permission: string
  /** Greater permissions that suffice as well. */
  readonly greater?: readonly string[]
  /** Absent if no role is needed. */
  readonly role?: string
  /** What else the user can do if Graph does not allow the request. */
  readonly advice?: string
}

/** The access that each method needs: `POST` also stands for unlisted methods, `rename` for a PATCH of name or description. */
export type AccessByMethod = Readonly<
  Partial<Record<GraphRequest['method'] | 'rename', Access>> & { POST: Access }
>

export const developerRole = 'Agent ID Developer'
export const adminRole = 'Agent ID Administrator'
export const consenterRole = 'Cloud Application Administrator'
export const applicationAccess: AccessByMethod = {
  POST: { permission: 'Application.ReadWrite.All', role: consenterRole },
}
