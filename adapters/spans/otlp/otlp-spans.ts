import type { Log, Span, SpanAttributes, Spans, Timers } from '../../../domain/ports.ts'
import { endpoint, httpClient } from '../../http-client.ts'

/** Spans that are held until they are brought away, about 1 kB each. */
const HELD_MAX = 2048
/** Spans in one message. */
const BATCH = 256
/** Between two messages, milliseconds. */
const PERIOD_MS = 1000
const WAIT_MS = 5000
const CLOSING_MS = 2000
const ANSWER_BYTES_MAX = 65_536

export type OtlpOptions = {
  /** The collector's address for traces: https, or http on this machine. The operator's own choice, so it may lie in a private network. */
  readonly url: string
  readonly version: string
  readonly timers: Timers
  readonly log: Log
}

const KINDS = { internal: 1, server: 2, client: 3 } as const
const STATUS_ERROR = 2

const attributesOf = (attributes: SpanAttributes) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(Math.round(value)) },
  }))

/** Nanoseconds as text, since no number of JSON holds them. */
const nanos = (ms: number): string => `${String(Math.floor(ms))}${String(Math.floor((ms % 1) * 1e6)).padStart(6, '0')}`

const spanOf = ({ traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, failed, link }: Span) => ({
  traceId,
  spanId,
  ...(parentSpanId !== undefined && { parentSpanId }),
  name,
  kind: KINDS[kind],
  startTimeUnixNano: nanos(startMs),
  endTimeUnixNano: nanos(endMs),
  attributes: attributesOf(attributes),
  ...(link && { links: [link] }),
  ...(failed && { status: { code: STATUS_ERROR } }),
})

/** One message of OTLP/HTTP in JSON (OpenTelemetry Protocol 1.x). */
const messageOf = (version: string, spans: readonly Span[]): Uint8Array => {
  const resource = { attributes: attributesOf({ 'service.name': 'esignet', 'service.version': version }) }
  const scopeSpans = [{ scope: { name: 'esignet', version }, spans: spans.map(spanOf) }]
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }))
}

/** Brings spans to a collector by OTLP/HTTP in JSON: a batch a second, each tried once; no redirect is followed. */
export const otlpSpans = ({ url, version, timers, log }: OtlpOptions): Spans => {
  const collector = endpoint(url, 'traces.url', { loopbackHttp: true })
  const client = httpClient({ bodyBytesMax: ANSWER_BYTES_MAX })
  const stopping = new AbortController()
  let held: Span[] = []
  let sent = 0
  let dropped = 0
  let failing = false

  const bring = async (batch: readonly Span[], waitMs: number): Promise<void> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await client.call({
      method: 'POST',
      url: collector,
      headers,
      body: messageOf(version, batch),
      waitMs,
      repeatable: false,
    })
    const taken = answer.ok && answer.status >= 200 && answer.status < 300
    if (taken) sent += batch.length
    else dropped += batch.length
    // One line when it begins and one when it ends.
    if (taken === failing) log[taken ? 'info' : 'warn'](taken ? 'spans_brought_again' : 'spans_not_brought')
    failing = !taken
  }
  const flush = async (waitMs: number): Promise<void> => {
    while (held.length > 0) {
      const batch = held.slice(0, BATCH)
      held = held.slice(BATCH)
      await bring(batch, waitMs)
      // What is held meanwhile waits for the next turn.
      if (failing) return
    }
  }
  const going = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await timers.sleep(PERIOD_MS, stopping.signal)
      await flush(WAIT_MS)
    }
  })()

  return {
    add: (span) => {
      if (held.length < HELD_MAX && !stopping.signal.aborted) held.push(span)
      else dropped += 1
    },
    counts: () => ({ sent, dropped }),
    close: async () => {
      if (stopping.signal.aborted) return
      stopping.abort()
      const late = new AbortController()
      void timers.sleep(CLOSING_MS, late.signal).then(() => client.close())
      await going
      await flush(CLOSING_MS)
      late.abort()
      client.close()
    },
  }
}
