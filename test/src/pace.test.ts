import { expect } from 'chai'
import { describe, it } from 'mocha'
import { pace } from '../../src/pace.ts'
import { handClock } from '../support/hand-clock.ts'

/** A clock that every sleep moves, and a die that always shows the same. */
const paced = (die = 0) => {
  const clock = handClock()
  const timers = { sleep: async (ms: number) => clock.pass(ms) }
  const chance = { bytes: (size: number) => new Uint8Array(size).fill(die), uuid: () => '' }
  const took = async (work: number, act: (began: string) => Promise<void>): Promise<number> => {
    const began = clock.now()
    clock.pass(work)
    await act(began)
    return Date.parse(clock.now()) - Date.parse(began)
  }
  const here = pace({ clock, timers, chance })
  const { note, like, until, round } = here
  /** The measure, as it is taken. */
  const noted = (work: number): Promise<number> =>
    took(work, async (began) => {
      const length = here.took(began)
      note('pin', [length])
      await until(began, length)
    })
  const draw = (kind: string, began: string): Promise<void> => until(began, like(kind)[0])
  return { took, noted, draw, round, clock, note, like }
}

describe('how long a no takes (rule 22)', () => {
  it('one that cost less waits as long as one that was noted', async () => {
    const { took, noted, draw } = paced()
    const measure = await noted(430)
    expect(measure).to.equal(431)
    expect(await took(3, (began) => draw('pin', began))).to.equal(measure)
    expect(await took(3, (began) => draw('other', began)), 'nothing is known of this kind').to.equal(100)
  })

  it('lengths are drawn from the newest 64, so that they scatter as the others do', async () => {
    const { took, noted, draw } = paced(63)
    for (let ms = 1; ms <= 100; ms += 1) await noted(ms)
    expect(await took(0, (began) => draw('pin', began))).to.equal(38)
  })

  it('the lengths of one answer come from one occasion', () => {
    const { note, like } = paced(1)
    expect(like('otp')).to.deep.equal([])
    note('otp', [30, 31])
    note('otp', [60, 59])
    expect(like('otp')).to.deep.equal([30, 31])
  })

  it('every no is told at a full step, and one that took longer than its draw is not held', async () => {
    const { took, noted, draw, round } = paced()
    await noted(20)
    const both = async (began: string): Promise<void> => {
      await draw('pin', began)
      await round(began)
    }
    expect(await took(3, both)).to.equal(50)
    expect(await took(49, both)).to.equal(50)
    expect(await took(51, both)).to.equal(100)
    expect(await took(50, both), 'a timer is waited for, however short').to.equal(100)
  })

  it('nobody is held longer than an ID system has for an answer, nor by a clock that was set back', async () => {
    const { took, noted, draw, round, clock, note } = paced()
    await noted(3_600_000)
    expect(await took(0, (began) => draw('pin', began))).to.equal(10_000)
    note('back', [0])
    expect(await took(0, (began) => draw('back', began))).to.equal(1)
    await round(clock.in(5000))
  })
})
