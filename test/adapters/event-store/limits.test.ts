import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  APPEND_BYTES_MAX,
  appendProblem,
  consumeProblem,
  EVENT_BYTES_MAX,
  EVENTS_MAX,
  filterProblem,
  groupProblem,
  NAME_BYTES_MAX,
  readAllProblem,
  readStreamProblem,
  streamProblem,
  utf8Bytes,
} from '../../../adapters/event-store/limits.ts'
import type { NewEvent } from '../../../domain/ports.ts'

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const event = (given: Partial<Record<keyof NewEvent, unknown>> = {}): unknown => ({
  id: idOf(1),
  type: 'Happened',
  data: '{}',
  metadata: '{}',
  ...given,
})

/** An event of exactly so many bytes of data and metadata. */
const sized = (bytes: number, n = 1): unknown => event({ id: idOf(n), data: `{"x":"${'x'.repeat(bytes - 10)}"}` })

describe('limits of events (rule 39)', () => {
  it('counts the bytes of any text as UTF-8 does', () => {
    const points = fc.array(fc.oneof(fc.nat(0x7f), fc.nat(0x7ff), fc.nat(0x10ffff))).map((codes) => String.fromCodePoint(...codes))
    fc.assert(fc.property(points, (text) => utf8Bytes(text) === Buffer.byteLength(text)))
    // Halves of pairs, as they never come out of well-formed text.
    const units = fc.array(fc.constantFrom(0x41, 0xe9, 0x540d, 0xd83e, 0xdeaa)).map((codes) => String.fromCharCode(...codes))
    fc.assert(fc.property(units, (text) => utf8Bytes(text) === Buffer.byteLength(text)))
  })

  it('takes an append at its limits and refuses one byte or one event more', () => {
    expect(appendProblem('s', 'no_stream', [sized(EVENT_BYTES_MAX)])).to.equal(undefined)
    expect(appendProblem('s', 'no_stream', [sized(EVENT_BYTES_MAX + 1)])).to.contain(`${EVENT_BYTES_MAX} bytes`)
    const full = [1, 2, 3, 4].map((n) => sized(APPEND_BYTES_MAX / 4, n))
    expect(appendProblem('s', 3, full)).to.equal(undefined)
    expect(appendProblem('s', 3, [...full, event({ id: idOf(5) })])).to.contain(`${APPEND_BYTES_MAX} bytes`)
    const many = Array.from({ length: EVENTS_MAX }, (_, n) => event({ id: idOf(n) }))
    expect(appendProblem('s', 0, many)).to.equal(undefined)
    expect(appendProblem('s', 0, [...many, event({ id: idOf(EVENTS_MAX) })])).to.contain(`${EVENTS_MAX} events`)
  })

  it('counts bytes, not characters', () => {
    const letters = Math.floor((EVENT_BYTES_MAX - 10) / 2)
    expect(appendProblem('s', 0, [event({ data: `{"x":"${'é'.repeat(letters)}"}` })])).to.equal(undefined)
    expect(appendProblem('s', 0, [event({ data: `{"x":"${'é'.repeat(letters + 1)}"}` })])).to.contain('bytes')
    expect(streamProblem('é'.repeat(NAME_BYTES_MAX / 2))).to.equal(undefined)
    expect(streamProblem('é'.repeat(NAME_BYTES_MAX / 2 + 1))).to.contain('bytes')
  })

  it('refuses an empty append and an id twice in one', () => {
    expect(appendProblem('s', 0, [])).to.contain('at least one')
    expect(appendProblem('s', 0, [event(), event()])).to.contain('once')
    expect(appendProblem('s', 0, [event(), event({ id: idOf(2) })])).to.equal(undefined)
  })

  it('asks for JSON text of an object, as it stands', () => {
    for (const text of ['{}', ' {"a":[1]}\n', '{"a":"\\ud800"}', '{"é":"名🪪"}'])
      expect(appendProblem('s', 0, [event({ data: text })])).to.equal(undefined)
    for (const text of ['', '[]', '1', 'null', '"{}"', '{"a":}', '{}{}', '{"a":"\ud800"}', '\ufeff{}']) {
      expect(appendProblem('s', 0, [event({ data: text })]), text).to.contain('data')
      expect(appendProblem('s', 0, [event({ metadata: text })]), text).to.contain('metadata')
    }
  })

  it('asks for printable names outside of what engines keep for themselves', () => {
    for (const name of ['a', 'authorization-1', 'a$', 'ü.名-🪪', 'two words']) expect(streamProblem(name), name).to.equal(undefined)
    for (const name of ['', '$', '$all', 'a\n', 'a\0', 'a\u202e', 'a\u2028', '\ud800', 'a\u200d', 7, undefined])
      expect(streamProblem(name)).to.be.a('string')
    expect(groupProblem('$group')).to.equal(undefined)
    expect(groupProblem('')).to.be.a('string')
  })

  it('answers every value with a sentence or nothing, never with an error', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => {
        for (const problem of [
          appendProblem(a, b, c),
          appendProblem('s', 0, [a]),
          appendProblem('s', b, [event()]),
          filterProblem(a),
          groupProblem(b),
        ]) {
          if (problem !== undefined) expect(problem).to.be.a('string')
        }
      }),
    )
  })

  it('repeats nothing of what was given (rule 1)', () => {
    const canary = 'canary'
    const problems = [
      appendProblem(`$${canary}`, 0, [event()]),
      appendProblem(`${canary}\n`, 0, [event()]),
      appendProblem('s', canary, [event()]),
      appendProblem('s', 0, [event({ type: `${canary} ` })]),
      appendProblem('s', 0, [event({ id: canary })]),
      appendProblem('s', 0, [event({ data: `{${canary}` })]),
      filterProblem({ types: [`${canary} `] }),
      readStreamProblem('s', { direction: canary }),
    ]
    for (const problem of problems) expect(problem).to.be.a('string').that.does.not.contain(canary)
  })

  it('bounds reads', () => {
    for (const max of [undefined, 1, EVENTS_MAX]) expect(readAllProblem(max === undefined ? {} : { max })).to.equal(undefined)
    for (const max of [0, EVENTS_MAX + 1, 1.5, -1, '1', null]) {
      expect(readAllProblem({ max })).to.be.a('string')
      expect(readStreamProblem('s', { max })).to.be.a('string')
    }
    expect(readStreamProblem('s', { from: 0, direction: 'backwards' })).to.equal(undefined)
    for (const from of [-1, 0.5, '0', null]) expect(readStreamProblem('s', { from })).to.be.a('string')
  })

  it('takes a filter of types or of prefixes, never both', () => {
    for (const filter of [undefined, { types: ['A', 'B'] }, { streamPrefixes: ['authorization-'] }])
      expect(filterProblem(filter)).to.equal(undefined)
    const wrong = [
      {},
      { types: [], streamPrefixes: undefined },
      { types: ['A'], streamPrefixes: ['a'] },
      { types: 'A' },
      { types: ['1'] },
      { streamPrefixes: ['$'] },
      null,
      [],
    ]
    for (const filter of wrong) expect(filterProblem(filter)).to.be.a('string')
    expect(filterProblem({ types: Array.from({ length: 101 }, (_, n) => `T${n}`) })).to.contain('100 words')
  })

  it('bounds what a consumer asks for', () => {
    const sound = { group: 'g', filter: { types: ['A'] } }
    expect(consumeProblem(sound)).to.equal(undefined)
    expect(consumeProblem({ ...sound, visibilityMs: 30_000, triesMax: 5, concurrency: 8, from: 'end' })).to.equal(undefined)
    const wrong = [{ group: '' }, { filter: undefined }, { visibilityMs: 0 }, { triesMax: 0 }, { concurrency: 257 }, { from: 'middle' }]
    for (const one of wrong) expect(consumeProblem({ ...sound, ...one })).to.be.a('string')
  })
})
