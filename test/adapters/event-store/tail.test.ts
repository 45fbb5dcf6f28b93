import { expect } from 'chai'
import { describe, it } from 'mocha'
import { positionOf } from '../../../adapters/event-store/positions.ts'
import { makeSignal } from '../../../adapters/event-store/signal.ts'
import type { Source } from '../../../adapters/event-store/subscription.ts'
import { tailed } from '../../../adapters/event-store/tail.ts'
import type { StoredEvent } from '../../../domain/ports.ts'

const eventAt = (position: number): StoredEvent => ({
  id: '00000000-0000-4000-8000-000000000000',
  type: position % 2 === 0 ? 'Even' : 'Odd',
  data: '{}',
  metadata: '{}',
  stream: 'a',
  revision: position - 1,
  position: positionOf(position),
})

/** A log that grows when it is told to, and remembers how often it was read. */
const growing = () => {
  const log: StoredEvent[] = []
  const scans: number[] = []
  const signal = makeSignal()
  const source: Source = {
    signal,
    head: () => log.length,
    event: (position) => eventAt(position),
    scan: (after, window, filter) => {
      scans.push(after)
      const seen = log.slice(after, after + window)
      const events = filter === undefined || !('types' in filter) ? seen : seen.filter(({ type }) => filter.types.includes(type))
      return { events, next: after + seen.length, end: seen.length < window }
    },
  }
  const write = (events: number): readonly StoredEvent[] => {
    const written = Array.from({ length: events }, (_, n) => eventAt(log.length + 1 + n))
    log.push(...written)
    return written
  }
  const grow = (events: number): void => {
    write(events)
    signal.raise()
  }
  return { source, scans, grow, write }
}

const positionsIn = (events: readonly StoredEvent[]): readonly number[] => events.map(({ position }) => Number(position))

describe('the tail that followers share', () => {
  it('the engine is read once, whoever follows and whatever their filters, and all get the same object', () => {
    const { source, scans, grow } = growing()
    const tail = tailed(source)
    grow(4)
    const pages = [undefined, { types: ['Odd'] }, { streamPrefixes: ['a'] }, { types: ['None'] }].map((filter) => tail.scan(0, 256, filter))
    expect(pages.map(({ events }) => positionsIn(events))).to.deep.equal([[1, 2, 3, 4], [1, 3], [1, 2, 3, 4], []])
    expect(pages.every(({ next, end }) => next === 4 && end)).to.equal(true)
    expect(pages[0]?.events[0]).to.equal(pages[1]?.events[0])
    expect(scans).to.deep.equal([0])
    expect(tail.scan(4, 256, undefined)).to.deep.equal({ events: [], next: 4, end: true })
    expect(scans).to.deep.equal([0])
  })

  it('what was appended since is found from where the tail ends', () => {
    const { source, scans, grow } = growing()
    const tail = tailed(source)
    grow(3)
    tail.scan(0, 256, undefined)
    grow(2)
    expect(tail.scan(2, 256, undefined)).to.deep.include({ next: 3, end: false })
    expect(positionsIn(tail.scan(3, 256, undefined).events)).to.deep.equal([4, 5])
    expect(scans).to.deep.equal([0, 3])
  })

  it('what this process appended is not read, unless something else stands before it', () => {
    const { source, scans, grow, write } = growing()
    const tail = tailed(source)
    grow(2)
    tail.scan(0, 256, undefined)
    tail.appended(write(2))
    expect(tail.scan(2, 256, undefined)).to.deep.include({ next: 4, end: true })
    expect(positionsIn(tail.scan(2, 256, { types: ['Even'] }).events)).to.deep.equal([4])
    expect(scans).to.deep.equal([0])
    // It was read before it was answered.
    const two = write(2)
    grow(0)
    tail.scan(4, 256, undefined)
    tail.appended(two.slice(0, 1))
    tail.appended(two.slice(1))
    expect(tail.scan(6, 256, undefined)).to.deep.equal({ events: [], next: 6, end: true })
    expect(scans).to.deep.equal([0, 4])
    // Another process was first, and nobody has said so yet.
    write(1)
    tail.appended(write(1))
    expect(positionsIn(tail.scan(6, 256, undefined).events)).to.deep.equal([7, 8])
    expect(scans).to.deep.equal([0, 4, 6])
    // Something was raised that nobody has read.
    grow(1)
    tail.appended(write(1))
    expect(positionsIn(tail.scan(8, 256, undefined).events)).to.deep.equal([9, 10])
    expect(scans).to.deep.equal([0, 4, 6, 8])
  })

  it('what was appended before anybody follows is read from the engine', () => {
    const { source, scans, write } = growing()
    const tail = tailed(source)
    write(3)
    tail.appended(write(1))
    expect(positionsIn(tail.scan(0, 256, undefined).events)).to.deep.equal([1, 2, 3, 4])
    expect(scans).to.deep.equal([0])
  })

  it('who is behind what is kept reads from the engine, and everybody sees every event once and in order', () => {
    const { source, scans, grow } = growing()
    const tail = tailed(source)
    grow(3000)
    const follow = (): readonly number[] => {
      const seen: number[] = []
      for (let at = 0, pages = 0; pages < 100; pages += 1) {
        const page = tail.scan(at, 256, undefined)
        seen.push(...positionsIn(page.events))
        at = page.next
        if (page.end) return seen
      }
      return seen
    }
    const all = Array.from({ length: 3000 }, (_, index) => index + 1)
    expect(follow()).to.deep.equal(all)
    expect(follow()).to.deep.equal(all)
    expect(scans.filter((after) => after === 0)).to.have.length(2)
    expect(scans.filter((after) => after === 2816)).to.have.length(1)
  })

  it('begins again where somebody is further, and leaves those behind to the engine', () => {
    const { source, grow } = growing()
    const tail = tailed(source)
    grow(2000)
    expect(positionsIn(tail.scan(10, 2, undefined).events)).to.deep.equal([11, 12])
    expect(positionsIn(tail.scan(1990, 256, undefined).events)).to.have.length(10)
    expect(positionsIn(tail.scan(12, 2, undefined).events)).to.deep.equal([13, 14])
  })
})
