import type { Registry } from './registry.ts'

/**
 * What the broker counts while it works. Names of HTTP are those of OpenTelemetry's semantic conventions; ours begin with `idp_`. A
 * label is a word of a closed list, a route, a plugin or a relying party, never anything of a person (rule 1); each metric has a
 * bound of series, which together stay below 10,000 with 500 relying parties.
 */

/** Advised by the conventions for `http.server.request.duration`, seconds. */
const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const APPEND_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const PLUGIN_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** 500 relying parties with twelve ways each in which a login goes on or ends. */
const FUNNEL_SERIES_MAX = 6000

/** A histogram's series are lines of the text too, some twelve to seventeen each. */
const HTTP_SERIES_MAX = 120
const PLUGIN_SERIES_MAX = 60

export const brokerMetrics = ({ counter, gauge, histogram }: Registry) => ({
  requests: histogram<'http_request_method' | 'http_response_status_code' | 'http_route' | 'url_scheme'>({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took at the doors.',
    labels: ['http_request_method', 'http_response_status_code', 'http_route', 'url_scheme'],
    bounds: HTTP_BOUNDS,
    seriesMax: HTTP_SERIES_MAX,
  }),
  events: counter<'event'>({ name: 'idp_events_total', help: 'Events that this node recorded, by type.', labels: ['event'] }),
  funnel: counter<'client_id' | 'stage' | 'outcome'>({
    name: 'idp_tx_total',
    help: 'Logins that reached a stage or an end at this node, by relying party.',
    labels: ['client_id', 'stage', 'outcome'],
    seriesMax: FUNNEL_SERIES_MAX,
  }),
  ends: counter<'reason'>({ name: 'idp_tx_ended_total', help: 'Logins that ended without tokens, by reason.', labels: ['reason'] }),
  proofs: counter<'factor' | 'path'>({
    name: 'idp_proofs_total',
    help: 'Proofs that persons handed in, from a trusted or an unknown device.',
    labels: ['factor', 'path'],
  }),
  attempts: counter<'factor' | 'result'>({
    name: 'idp_auth_attempts_total',
    help: 'Proofs that were judged, by factor and result.',
    labels: ['factor', 'result'],
  }),
  messages: counter<'channel' | 'result'>({
    name: 'idp_otp_sent_total',
    help: 'One-time codes that the ID system took charge of, by channel, and those that could not be sent.',
    labels: ['channel', 'result'],
  }),
  refusals: counter<'refusal'>({ name: 'idp_refusals_total', help: 'Commands that the rules refused, by refusal.', labels: ['refusal'] }),
  turnedAway: counter<'scope'>({
    name: 'idp_throttle_total',
    help: 'Requests that were turned away or had to work first: overload, posts of a network, guessing, waits.',
    labels: ['scope'],
  }),
  guessing: gauge<'of'>({ name: 'idp_guessing', help: 'Slices at which somebody guesses now, as this node sees it.', labels: ['of'] }),
  appends: histogram({
    name: 'idp_store_append_duration_seconds',
    help: 'How long the event store took to acknowledge an append.',
    labels: [],
    bounds: APPEND_BOUNDS,
  }),
  appendFaults: counter<'code'>({
    name: 'idp_store_append_faults_total',
    help: 'Appends that failed; `conflict`: somebody was faster, and it is decided again.',
    labels: ['code'],
  }),
  pluginCalls: histogram<'plugin' | 'call' | 'outcome'>({
    name: 'idp_plugin_call_duration_seconds',
    help: 'How long a plugin took to answer; `not_asked`: its breaker was open.',
    labels: ['plugin', 'call', 'outcome'],
    bounds: PLUGIN_BOUNDS,
    seriesMax: PLUGIN_SERIES_MAX,
  }),
  breakers: gauge<'plugin' | 'call'>({
    name: 'idp_plugin_breaker_state',
    help: 'Whether a plugin is asked: 0 as always, 1 on trial, 2 left alone.',
    labels: ['plugin', 'call'],
  }),
  reactorsEnded: counter({ name: 'idp_reactors_ended_total', help: 'Reactors that gave up until the broker is started anew.', labels: [] }),
  reactorFailures: counter<'reactor'>({
    name: 'idp_reactor_failures_total',
    help: 'Turns of reactors that failed; the next turn tries again.',
    labels: ['reactor'],
  }),
})

export type BrokerMetrics = ReturnType<typeof brokerMetrics>
