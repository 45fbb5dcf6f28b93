import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import type { Chance, Clock, Span, SpanAttributes, SpanLink, Spans } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'

/**
 * One trace a login. Its id is made of the transaction's name, so every node knows it and nothing has to be recorded or carried: the
 * first 16 bytes of the name's SHA-256, and the next 8 name the span in which the login began. The name is public (rule 17).
 */
export const traceOf = (transaction: string): { readonly traceId: string; readonly rootId: string } => {
  const hash = createHash('sha256').update(transaction).digest('hex')
  return { traceId: hash.slice(0, 32), rootId: hash.slice(32, 48) }
}

/** Spans of one request that are kept until it ends; more are left out. */
const SPANS_MAX = 64

export type Piece = {
  readonly name: string
  readonly kind: Span['kind']
  readonly transaction?: string | undefined
  readonly link?: SpanLink | undefined
  readonly attributes: SpanAttributes
}

/** How a piece of work ended, in words of closed lists. */
export type Ended = { readonly attributes: SpanAttributes; readonly failed?: boolean; readonly startsLogin?: boolean }

export type Tracing = {
  /** Runs it as a span within the one that runs; one within none is sent when it ends. */
  readonly span: <T>(piece: Piece, act: () => Promise<T>, ended: (result: T) => Ended) => Promise<T>
  /** Runs it within nothing: a consumer that a request woke does not belong to that request. */
  readonly outside: <T>(act: () => T) => T
}

/** One request, or one turn of a reactor. Whose login it is shows on the way; the first one that shows is meant. */
type Work = {
  readonly startedMs: number
  readonly beganMs: number
  readonly outermost: string
  readonly spans: Span[]
  transaction?: string | undefined
  startsLogin?: boolean
  ended?: boolean
}

export type TracingTools = {
  readonly spans: Pick<Spans, 'add'>
  readonly clock: Clock
  readonly chance: Chance
  readonly elapsedMs: () => number
  /** Of a thousand logins so many are traced: the same ones on every node. */
  readonly perThousand: number
}

export const tracing = ({ spans, clock, chance, elapsedMs, perThousand }: TracingTools): Tracing => {
  const running = new AsyncLocalStorage<{ readonly work: Work; readonly spanId: string }>()
  const id = (bytes: number): string => Buffer.from(chance.bytes(bytes)).toString('hex')

  const isSampled = (traceId: string): boolean => (Number.parseInt(traceId.slice(-8), 16) / 2 ** 32) * 1000 < perThousand

  /** What belongs to no login is only told where it failed. */
  const tell = ({ transaction, startsLogin, outermost, spans: made }: Work): void => {
    if (transaction === undefined && !made.some(({ failed }) => failed)) return
    const { traceId, rootId } = transaction === undefined ? { traceId: `${outermost}${outermost}`, rootId: '' } : traceOf(transaction)
    if (!isSampled(traceId)) return
    const named = (spanId: string): string => (startsLogin && spanId === outermost ? rootId : spanId)
    for (const span of made.splice(0)) {
      const { parentSpanId: parent = startsLogin ? '' : rootId, ...rest } = span
      const own = span.spanId === outermost && transaction !== undefined ? { 'idp.tx.ref': transaction } : {}
      const attributes = { ...rest.attributes, ...own }
      spans.add({ ...rest, traceId, spanId: named(span.spanId), attributes, ...(parent !== '' && { parentSpanId: named(parent) }) })
    }
  }

  /** What runs now, unless that is another login's. */
  const withinOf = (transaction: string | undefined) => {
    const outer = running.getStore()
    const whose = outer?.work.transaction
    return transaction === undefined || whose === undefined || whose === transaction ? outer : undefined
  }

  return {
    outside: (act) => running.exit(act),
    span: async ({ name, kind, transaction, link, attributes }, act, ended) => {
      const outer = withinOf(transaction)
      const spanId = id(8)
      const work: Work = outer?.work ?? {
        ...{ startedMs: millisecondsOf(clock.now()), beganMs: elapsedMs() },
        outermost: spanId,
        spans: [],
      }
      work.transaction ??= transaction
      const nowMs = (): number => work.startedMs + elapsedMs() - work.beganMs
      const startMs = nowMs()
      const keep = (end: Ended): void => {
        if (end.startsLogin === true) work.startsLogin = true
        if (work.spans.length >= SPANS_MAX && outer !== undefined) return
        work.spans.push({
          ...{ traceId: '', spanId, name, kind, startMs, endMs: nowMs(), failed: end.failed === true },
          attributes: { ...attributes, ...end.attributes },
          ...(outer && { parentSpanId: outer.spanId }),
          ...(link && { link }),
        })
        if (outer === undefined) work.ended = true
        // What goes on when the request is answered, as a message that is sent, is told when it ends.
        if (work.ended === true) tell(work)
      }
      try {
        const result = await running.run({ work, spanId }, act)
        keep(ended(result))
        return result
      } catch (error) {
        keep({ attributes: {}, failed: true })
        throw error
      }
    },
  }
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/

/** Where a request comes from, by W3C Trace Context; undefined where it is none. */
export const linkOf = (traceparent: string | undefined): SpanLink | undefined => {
  const [, traceId = '', spanId = ''] = TRACEPARENT.exec(traceparent ?? '') ?? []
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(spanId) ? { traceId, spanId } : undefined
}
