import { countLogin } from './funnel.ts'
import { brokerMetrics } from './metrics.ts'
import { registry, type Registry } from './registry.ts'
import { Fault, type EventStore, type IdSystem, type PluginAnswer } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'

/** A request at a door, by the table of routes; never its path. */
export type AtDoor = { readonly method: string; readonly route: string }

/** A command to a login's stream. */
export type ToLogin = { readonly client: string; readonly type: string }

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
  /** For what is read when it is asked for. */
  readonly registry: Registry
}

export type ObserverTools = {
  /** Milliseconds that only go forward. */
  readonly elapsedMs: () => number
  /** Of the issuer. */
  readonly scheme: string
}

/** Methods that the conventions know; another is anybody's word. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'])

const BREAKER = { closed: 0, half_open: 1, open: 2 } as const

const outcomeOf = (answer: PluginAnswer<unknown>): string => {
  if (answer.ok) return 'ok'
  return answer.code === 'breaker_open' ? 'not_asked' : answer.error
}

const codeOf = (error: unknown): string => (error instanceof Fault ? error.code : 'unknown')

export const observing = ({ elapsedMs, scheme }: ObserverTools): Observer => {
  const all = registry()
  const metrics = brokerMetrics(all)
  const secondsSince = (began: number): number => (elapsedMs() - began) / 1000

  const append =
    (store: EventStore): EventStore['append'] =>
    async (stream, expected, events) => {
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

  /** One capability of a plugin, watched. */
  const asked = <Request, Value>(plugin: string, call: string, ask: (request: Request) => Promise<PluginAnswer<Value>>) => {
    return async (request: Request): Promise<PluginAnswer<Value>> => {
      const began = elapsedMs()
      const answer = await ask(request)
      metrics.pluginCalls.observe({ plugin, call, outcome: outcomeOf(answer) }, secondsSince(began))
      return answer
    }
  }

  return {
    door: async ({ method, route }, answer) => {
      const began = elapsedMs()
      const reply = await answer()
      metrics.requests.observe(
        {
          http_request_method: METHODS.has(method) ? method : '_OTHER',
          http_response_status_code: String(reply.status),
          http_route: route,
          url_scheme: scheme,
        },
        secondsSince(began),
      )
      return reply
    },
    login: async ({ client }, decide) => {
      const handled = await decide()
      countLogin(metrics, client, handled.events)
      if (handled.refusal !== undefined) metrics.refusals.add({ refusal: handled.refusal })
      return handled
    },
    store: (store) => ({ ...store, append: append(store) }),
    idSystem: (plugin, system) => {
      const { verify, release, send, resolve, notify } = system
      for (const [call, ask] of Object.entries({ verify, release, send, resolve, notify }))
        if (ask !== undefined) metrics.breakers.set({ plugin, call }, BREAKER.closed)
      return {
        ...system,
        ...(verify && { verify: asked(plugin, 'verify', verify) }),
        ...(release && { release: asked(plugin, 'release', release) }),
        ...(send && { send: asked(plugin, 'send', send) }),
        ...(resolve && { resolve: asked(plugin, 'resolve', resolve) }),
        ...(notify && { notify: asked(plugin, 'notify', notify) }),
      }
    },
    breaker: (plugin, call, state) => metrics.breakers.set({ plugin, call }, BREAKER[state]),
    guessing: (of, slices) => metrics.guessing.set({ of }, slices),
    turnedAway: (scope) => metrics.turnedAway.add({ scope }),
    reactorFailed: (reactor) => metrics.reactorFailures.add({ reactor }),
    registry: all,
  }
}
