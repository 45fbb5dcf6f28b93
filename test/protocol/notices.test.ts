// People hear of what happened to their identity without asking (6.3, ASVS 6.3.5 and 6.3.7), and of nobody else's.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { join } from 'node:path'
import { readNotices } from '../../adapters/id-system/mock/plugin.ts'
import { attacked } from '../support/attacked.ts'
import { readEvents, until } from '../support/broker.ts'
import { accept, begin, PERSON } from '../support/rp.ts'

describe('notices', () => {
  const { here, party } = attacked(['shop', 'bank'])

  const told = async (): Promise<readonly string[]> =>
    (await readNotices(join(here().data, 'plugin'))).map(({ notice, to }) => `${notice} ${to}`).toReversed()
  const fail = async (times: number, id = PERSON.id): Promise<void> => {
    for (let failed = 0; failed < times;) {
      const begun = await begin(here(), party('shop'))
      let page = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: id, factor: 'pin' } })
      for (; page.has('form-pin') && failed < times; failed += 1)
        page = await begun.browser.submit(page, 'form-pin', { values: { pin: '000000' } })
    }
  }
  const signIn = async (client: string, tick: readonly string[] = []): Promise<void> => {
    const begun = await begin(here(), party(client))
    const pin = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' }, tick })
    await accept(begun.browser, await begun.browser.submit(pin, 'form-pin', { values: { pin: PERSON.pin } }))
  }
  const arrives = (expected: readonly string[]): Promise<true> =>
    until(
      expected.join(),
      async () => (JSON.stringify((await told()).toSorted()) === JSON.stringify(expected.toSorted()) ? true : undefined),
      25_000,
    )

  it('a new relying party and a new device are told once each; a second sign-in tells nothing', async () => {
    await signIn('shop', ['yes'])
    const [, to] = await until('two notices', async () => {
      const all = await told()
      return all.length === 2 ? ['', all[0]?.split(' ')[1] ?? ''] : undefined
    })
    await signIn('shop')
    await signIn('bank')
    await arrives([`new_relying_party ${to}`, `new_device ${to}`, `new_relying_party ${to}`])
  }).timeout(60_000)

  const due = (): readonly string[] =>
    readEvents(here().data, "e.type = 'NoticeDue'").map(({ data }) => (JSON.parse(data) as { readonly notice: string }).notice)

  it('failures from unknown devices are told once a day, and a success after more than five of them', async () => {
    const before = due()
    await fail(3)
    here().clock.pass(20)
    await until('a notice of failures', async () => (await told()).find((line) => line.startsWith('failures ')), 25_000)
    for (const wait of [600, 600, 3600]) {
      here().clock.pass(wait)
      await fail(1)
    }
    here().clock.pass(3600)
    await signIn('shop')
    await until('a notice of a success', async () => (await told()).find((line) => line.startsWith('success_after_failures ')), 25_000)
    expect(due()).to.deep.equal([...before, 'failures', 'success_after_failures'])
  }).timeout(90_000)

  it('nobody is told for an identifier that is nobody’s, and no notice names anybody', async () => {
    const before = due()
    await fail(4, '9999999999')
    here().clock.pass(20)
    await until('a wish', async () => (due().length > before.length ? true : undefined), 25_000)
    expect((await told()).filter((line) => line.startsWith('failures '))).to.deep.equal([])
    const events = JSON.stringify(readEvents(here().data, "e.type = 'NoticeDue'"))
    expect(events).not.to.include(PERSON.id).and.not.to.include('9999999999')
  }).timeout(60_000)
})
