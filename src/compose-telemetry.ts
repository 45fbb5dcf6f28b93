import type { Settings } from './config.ts'
import { PROGRAM_VERSION } from './program.ts'
import type { Runtime } from './runtime.ts'
import { observing, type Observer } from './telemetry/observer.ts'
import { tracing } from './telemetry/tracing.ts'
import type { Spans } from '../domain/ports.ts'

/** Where nothing else is set, as the schema says. */
const TRACES_PER_THOUSAND = 1000

/** Milliseconds of this machine that only go forward. */
export const elapsedMs = (): number => performance.now()

/** What watches the broker at work. The way to a collector is loaded only where there is one (rule 47). */
export const openObserver = async ({ issuer, traces }: Settings, runtime: Runtime, opened: (spans: Spans) => Spans): Promise<Observer> => {
  const scheme = new URL(issuer).protocol.slice(0, -1)
  if (traces === undefined) return observing({ elapsedMs, scheme })
  const { otlpSpans } = await import('../adapters/spans/otlp/otlp-spans.ts')
  const spans = opened(otlpSpans({ ...runtime, url: traces.url, version: PROGRAM_VERSION }))
  const { perThousand = TRACES_PER_THOUSAND } = traces
  return observing({ elapsedMs, scheme, spans, tracing: tracing({ ...runtime, spans, elapsedMs, perThousand }) })
}
