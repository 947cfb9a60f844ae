import type { Rolldown } from 'vite'

/** Whether a module is loaded with the page itself. */
export function isOfFirstPaint(
  id: string,
  modules: Rolldown.ChunkingContext,
  seen = new Set<string>(),
): boolean {
  if (seen.has(id)) return false
  seen.add(id)
  const info = modules.getModuleInfo(id)
  if (!info) return false
  return info.isEntry || info.importers.some(importer => isOfFirstPaint(importer, modules, seen))
}
