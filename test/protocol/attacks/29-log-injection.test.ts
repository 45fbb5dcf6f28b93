// The attacker wants to write into the log, or to read secrets there later; `src/http/app.ts` notes the route and never the request, and the schemas of events have no place for values.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attacked, present } from '../../support/attacked.ts'
import { readEvents } from '../../support/broker.ts'
import { form, PAR, PERSON, requestOf, signIn } from '../../support/rp.ts'
import { scriptedBrowser, send } from '../../support/scripted-browser.ts'

const MARK = 'attack29canary'

describe('attack 29: log and event injection (rule 1)', () => {
  const { here, party } = attacked(['shop'])

  it('what anybody sends makes no line of its own, and stands in none', async () => {
    const line = `${MARK}\n{"level":"error","event":"forged"}`
    for (const path of [
      `/${encodeURIComponent(line)}`,
      `/authorize?client_id=${encodeURIComponent(line)}`,
      `/login/${encodeURIComponent(line)}`,
      `/authorize?x=${MARK}`,
    ])
      await send(here().issuer, { path, headers: { 'user-agent': MARK, 'x-request-id': MARK, referer: MARK, 'x-forwarded-for': MARK } })
    await present(here(), PAR, MARK, { client_id: MARK })
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: MARK })).toString('base64url')
    const payload = Buffer.from(JSON.stringify({ sub: MARK, iss: MARK })).toString('base64url')
    await present(here(), PAR, `${header}.${payload}.AAAA`)
    expect(here().log()).not.to.include(MARK).and.not.include('forged')
    for (const text of here().log().trim().split('\n')) expect(() => JSON.parse(text) as unknown).not.to.throw()
  })

  it('events and files hold no state, nonce, hint, id, PIN, code or claim of a login', async () => {
    const more = { state: `${MARK}state`, nonce: `${MARK}nonce`, login_hint: `${MARK}hint` }
    const signedIn = await signIn(here(), party('shop'), { with: more, tick: ['email'] })
    const events = JSON.stringify(readEvents(here().data))
    const secrets = [MARK, PERSON.id, PERSON.pin, signedIn.code.split('.')[1] ?? '', signedIn.verifier, 'Maya', 'almaria.example']
    for (const secret of secrets) {
      expect(events, secret).not.to.include(secret)
      expect(here().log(), secret).not.to.include(secret)
    }
    const files = readdirSync(here().data).filter((name) => name.includes('.db'))
    expect(files).not.to.be.empty
    for (const name of files) expect(readFileSync(join(here().data, name)).includes(MARK), name).to.be.false
  })

  it('an id that is no transaction is not noted as one', async () => {
    const { members } = await requestOf(party('shop'))
    await scriptedBrowser(here().issuer).get(`/authorize?${form({ ...members, redirect_uri: `https://${MARK}.example/` })}`)
    expect(here().log()).not.to.include(MARK)
  })
})
