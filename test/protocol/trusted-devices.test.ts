// A device of the person's own (rule 21): what its cookie is worth, to the owner and to somebody who copied it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../support/attacked.ts'
import { readEvents } from '../support/broker.ts'
import { accept, begin, PERSON } from '../support/rp.ts'
import { scriptedBrowser, type Page, type ScriptedBrowser } from '../support/scripted-browser.ts'

const OTHER = { id: '1774231323', pin: '111111' }

describe('a device of the person’s own (rule 21)', () => {
  const { here, party } = attacked(['shop'])

  const choosing = async (browser: ScriptedBrowser, id: string, own = false): Promise<{ readonly page: Page; readonly path: string }> => {
    const begun = await begin(here(), party('shop'), { browser })
    const tick = own ? ['yes'] : []
    const page = await browser.submit(begun.page, 'form-choose', { values: { individual_id: id, factor: 'pin' }, tick })
    const [event] = readEvents(here().data, `e.type = 'FactorRequested' AND s.name = 'authorization-${begun.transaction}'`)
    return { page, path: (JSON.parse(event?.data ?? '{}') as { readonly path: string }).path }
  }
  const signIn = async (browser: ScriptedBrowser, own = false): Promise<string> => {
    const { page, path } = await choosing(browser, PERSON.id, own)
    await accept(browser, await browser.submit(page, 'form-pin', { values: { pin: PERSON.pin } }))
    return path
  }
  const deviceOf = ({ cookies }: ScriptedBrowser): string => cookies.get('device') ?? ''
  const copyOf = (browser: ScriptedBrowser): ScriptedBrowser => scriptedBrowser(here().issuer, new Map([['device', deviceOf(browser)]]))

  it('each sign-in gives it another secret; a copy of the one before is worth nothing ten minutes later', async () => {
    const owner = scriptedBrowser(here().issuer)
    expect(await signIn(owner, true)).to.equal('unknown')
    const stolen = copyOf(owner)
    expect(await signIn(owner), 'known from now on').to.equal('trusted')
    expect(deviceOf(owner)).not.to.equal(deviceOf(stolen))
    // In case the answer with the new secret was lost.
    expect((await choosing(stolen, PERSON.id)).path).to.equal('trusted')
    here().clock.pass(601)
    expect((await choosing(stolen, PERSON.id)).path).to.equal('unknown')
    expect(await signIn(owner)).to.equal('trusted')
  })

  it('a copy authenticates nobody: it only counts with the owner’s own tries, and says nothing of another person', async () => {
    const owner = scriptedBrowser(here().issuer)
    await signIn(owner, true)
    const stolen = copyOf(owner)
    const { page, path } = await choosing(stolen, PERSON.id)
    expect(path).to.equal('trusted')
    expect(page.has('form-pin'), 'the proof is asked all the same').to.be.true
    expect((await choosing(stolen, OTHER.id)).path).to.equal('unknown')
  })

  it('people who share a browser each have a secret of their own in its cookie, five at most', async () => {
    const shared = scriptedBrowser(here().issuer)
    await signIn(shared, true)
    const before = deviceOf(shared)
    const secrets = Array.from({ length: 4 }, (_, index) => String(index).repeat(43))
    shared.cookies.set('device', [...secrets, before].join('.'))
    expect(await signIn(shared), 'found behind those of four others').to.equal('trusted')
    expect(deviceOf(shared).split('.').slice(1)).to.deep.equal(secrets)
    shared.cookies.set('device', [...secrets, 'x'.repeat(43), before].join('.'))
    expect((await choosing(shared, PERSON.id)).path, 'more than five are no cookie of ours').to.equal('unknown')
  })
})
