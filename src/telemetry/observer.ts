import { countLogin } from './funnel.ts'
import { brokerMetrics, type BrokerMetrics } from './metrics.ts'
import { registry, type Registry } from './registry.ts'
import { linkOf, type Piece, type Tracing } from './tracing.ts'
import { Fault, type EventStore, type IdSystem, type PluginAnswer, type Spans } from '../../domain/ports.ts'
import { kindOf } from '../../domain/streams.ts'
import type { Recorded } from '../../projections/projection.ts'

/** A request at a door, by the table of routes; never its path. */
export type AtDoor = {
  readonly method: string
  readonly route: string
  /** Where the door names one. */
  readonly transaction?: string | undefined
  /** W3C Trace Context, where it comes from somebody who is believed. */
  readonly traceparent?: string | undefined
}

/** A command to a login's stream. */
export type ToLogin = { readonly transaction: string; readonly client: string; readonly type: string }

/** What came of a command. */
export type Decided = { readonly events: readonly Recorded[]; readonly refusal?: string }

/**
 * Watches the broker at work, at few places: doors, commands, appends, calls of plugins. It returns what it watches unchanged, waits for
 * nothing and throws nothing of its own.
 */
export type Observer = {
  readonly door: <Answer extends { readonly status: number }>(at: AtDoor, answer: () => Promise<Answer>) => Promise<Answer>
  readonly login: <Done extends Decided>(to: ToLogin, decide: () => Promise<Done>) => Promise<Done>
  readonly store: (store: EventStore) => EventStore
  readonly idSystem: (plugin: string, system: IdSystem) => IdSystem
  readonly breaker: (plugin: string, call: string, state: 'closed' | 'half_open' | 'open') => void
  /** Somebody guesses at so many of these now. */
  readonly guessing: (of: string, slices: number) => void
  readonly turnedAway: (scope: string) => void
  readonly reactorFailed: (reactor: string) => void
  /** It does nothing any more. */
  readonly reactorEnded: () => void
  /** For what is read when it is asked for. */
  readonly registry: Registry
}

export type ObserverTools = {
  /** Milliseconds that only go forward. */
  readonly elapsedMs: () => number
  /** Of the issuer. */
  readonly scheme: string
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing
  /** Counts of the way to the collector. */
  readonly spans?: Pick<Spans, 'counts'>
}

/** Methods that the conventions know; another is anybody's word. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'])

const BREAKER = { closed: 0, half_open: 1, open: 2 } as const

const outcomeOf = (answer: PluginAnswer<unknown>): string => {
  if (answer.ok) return 'ok'
  return answer.code === 'breaker_open' ? 'not_asked' : answer.error
}

/** A span where something is traced, and nothing else where not. */
const spanOf =
  (tracing: Tracing | undefined): Tracing['span'] =>
  (piece, act, ended) =>
    tracing === undefined ? act() : tracing.span(piece, act, ended)

const countSpans = ({ reads }: Registry, { counts }: Pick<Spans, 'counts'>): void =>
  reads(
    { name: 'idp_spans_total', help: 'Spans of traces, brought to the collector or dropped.', labels: ['result'], kind: 'counter' },
    () => Object.entries(counts()).map(([result, spans]) => [{ result }, spans]),
  )

const FAILED_STATUS = 500

const codeOf = (error: unknown): string => (error instanceof Fault ? error.code : 'unknown')

/** What each kind of work is watched with. */
type Watch = {
  readonly metrics: BrokerMetrics
  readonly span: Tracing['span']
  readonly elapsedMs: () => number
  readonly secondsSince: (began: number) => number
  readonly scheme: string
}

const atDoors =
  ({ metrics, span, elapsedMs, secondsSince, scheme }: Watch): Observer['door'] =>
  ({ method: given, route, transaction, traceparent }, answer) => {
    const method = METHODS.has(given) ? given : '_OTHER'
    const act = async () => {
      const began = elapsedMs()
      const reply = await answer()
      const labels = { http_request_method: method, http_response_status_code: String(reply.status), http_route: route, url_scheme: scheme }
      metrics.requests.observe(labels, secondsSince(began))
      return reply
    }
    const attributes = { 'http.request.method': method, 'http.route': route, 'url.scheme': scheme }
    const piece: Piece = { name: `${method} ${route}`, kind: 'server', transaction, link: linkOf(traceparent), attributes }
    return span(piece, act, ({ status }) => ({ attributes: { 'http.response.status_code': status }, failed: status >= FAILED_STATUS }))
  }

const ofLogins =
  ({ metrics, span }: Watch): Observer['login'] =>
  ({ transaction, client, type }, decide) => {
    const act = async () => {
      const handled = await decide()
      countLogin(metrics, client, handled.events)
      if (handled.refusal !== undefined) metrics.refusals.add({ refusal: handled.refusal })
      return handled
    }
    const attributes = { 'idp.client.id': client, 'idp.command': type }
    return span({ name: `decide ${type}`, kind: 'internal', transaction, attributes }, act, ({ events, refusal }) => ({
      attributes: refusal === undefined ? {} : { 'idp.refusal': refusal },
      startsLogin: events.some((event) => event.type === 'AuthorizationStarted'),
    }))
  }

const appending = ({ metrics, span, elapsedMs, secondsSince }: Watch, store: EventStore): EventStore['append'] => {
  const append: EventStore['append'] = async (stream, expected, events) => {
    const began = elapsedMs()
    try {
      const appended = await store.append(stream, expected, events)
      metrics.appends.observe({}, secondsSince(began))
      for (const { type } of events) metrics.events.add({ event: type })
      return appended
    } catch (error) {
      metrics.appendFaults.add({ code: codeOf(error) })
      throw error
    }
  }
  return (stream, expected, events) => {
    const attributes = { 'idp.stream.kind': kindOf(stream) ?? '', 'idp.events': events.map(({ type }) => type).join() }
    return span(
      { name: 'append', kind: 'client', attributes },
      () => append(stream, expected, events),
      () => ({ attributes: {} }),
    )
  }
}

/** One capability of a plugin, watched. */
const asking = <Request extends { readonly transaction?: string }, Value>(
  { metrics, span, elapsedMs, secondsSince }: Watch,
  plugin: string,
  call: string,
  ask: (request: Request) => Promise<PluginAnswer<Value>>,
) => {
  metrics.breakers.set({ plugin, call }, BREAKER.closed)
  const piece = { name: `plugin ${call}`, kind: 'client', attributes: { 'idp.plugin': plugin, 'idp.call': call } } as const
  return (request: Request): Promise<PluginAnswer<Value>> => {
    const act = async (): Promise<PluginAnswer<Value>> => {
      const began = elapsedMs()
      const answer = await ask(request)
      metrics.pluginCalls.observe({ plugin, call, outcome: outcomeOf(answer) }, secondsSince(began))
      return answer
    }
    return span({ ...piece, transaction: request.transaction }, act, (answer) => ({
      attributes: { 'idp.outcome': outcomeOf(answer) },
      failed: !answer.ok && answer.error === 'unavailable',
    }))
  }
}

const asked = (watch: Watch, plugin: string, system: IdSystem): IdSystem => {
  const { verify, release, send, resolve, notify } = system
  return {
    ...system,
    ...(verify && { verify: asking(watch, plugin, 'verify', verify) }),
    ...(release && { release: asking(watch, plugin, 'release', release) }),
    ...(send && { send: asking(watch, plugin, 'send', send) }),
    ...(resolve && { resolve: asking(watch, plugin, 'resolve', resolve) }),
    ...(notify && { notify: asking(watch, plugin, 'notify', notify) }),
  }
}

const stored = (watch: Watch, store: EventStore, tracing: Tracing | undefined): EventStore => ({
  ...store,
  append: appending(watch, store),
  ...(tracing && {
    consume: (options, handler) => store.consume(options, (event, attempt) => tracing.outside(() => handler(event, attempt))),
    subscribe: (options, handler) => store.subscribe(options, (message) => tracing.outside(() => handler(message))),
  }),
})

export const observing = ({ elapsedMs, scheme, tracing, spans }: ObserverTools): Observer => {
  const all = registry()
  const metrics = brokerMetrics(all)
  if (spans !== undefined) countSpans(all, spans)
  const secondsSince = (began: number): number => (elapsedMs() - began) / 1000
  const watch: Watch = { metrics, span: spanOf(tracing), elapsedMs, secondsSince, scheme }
  return {
    door: atDoors(watch),
    login: ofLogins(watch),
    store: (store) => stored(watch, store, tracing),
    idSystem: (plugin, system) => asked(watch, plugin, system),
    breaker: (plugin, call, state) => metrics.breakers.set({ plugin, call }, BREAKER[state]),
    guessing: (of, slices) => metrics.guessing.set({ of }, slices),
    turnedAway: (scope) => metrics.turnedAway.add({ scope }),
    reactorFailed: (reactor) => metrics.reactorFailures.add({ reactor }),
    reactorEnded: () => metrics.reactorsEnded.add({}),
    registry: all,
  }
}
