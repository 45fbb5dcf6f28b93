import { refusalReply } from './failures.ts'
import type { Reply, Request } from './reply.ts'
import type { World } from '../world.ts'
import type { StaticFile, Statics } from '../ui/statics.ts'

const byPath = new WeakMap<Statics, ReadonlyMap<string, StaticFile>>()

const fileAt = (statics: Statics, path: string): StaticFile | undefined => {
  const known = byPath.get(statics) ?? new Map(statics.files.map((file) => [file.path, file]))
  byPath.set(statics, known)
  return known.get(path)
}

/** Whether the browser takes an encoding: named, and not with a weight of nothing (RFC 9110 §12.5.3). */
const takes = (accepted: string, encoding: string): boolean =>
  accepted.split(',').some((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })

const YEAR_S = 31_536_000

/** A file whose name changes with its content: it may be kept for ever. */
export const staticFile = async (world: World, request: Request): Promise<Reply> => {
  const file = fileAt(world.statics, request.path)
  if (file === undefined) return refusalReply(world, 'static', request, 'not_found', { 'cache-control': 'no-store' })
  const accepted = request.headers['accept-encoding'] ?? ''
  const encoding = takes(accepted, 'br') ? 'br' : takes(accepted, 'gzip') ? 'gzip' : undefined
  return {
    status: 200,
    headers: {
      'content-type': file.type,
      'cache-control': `public, max-age=${String(YEAR_S)}, immutable`,
      vary: 'accept-encoding',
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    },
    body: encoding === 'br' ? file.brotli : encoding === 'gzip' ? file.gzip : file.body,
  }
}
