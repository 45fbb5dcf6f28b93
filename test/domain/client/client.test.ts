import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { client } from '../../../domain/client/client.ts'
import { fold } from '../../../domain/decider.ts'
import { checkCommand, checkEvent } from '../../../schemas/check.ts'
import type { ClientCommand, ClientEvent } from '../../../schemas/generated.ts'
import { given } from '../../support/given-decider.ts'
import { at, configuration, digest } from '../samples.ts'

const changed = { ...configuration, client_name: 'The New Clinic' }
const register: ClientCommand = { type: 'RegisterClient', at: at(0), client: 'clinic', configuration, artefact: digest('first') }
const update: ClientCommand = { type: 'UpdateClient', at: at(1), client: 'clinic', configuration: changed, artefact: digest('second') }
const deactivate: ClientCommand = { type: 'DeactivateClient', at: at(2), client: 'clinic' }
const activate: ClientCommand = { type: 'ActivateClient', at: at(3), client: 'clinic' }

const data = { client: 'clinic', configuration, artefact: digest('first'), active: true }
const registered: ClientEvent = { type: 'ClientRegistered', data }
const deactivated: ClientEvent = { type: 'ClientDeactivated', data: { ...data, active: false } }
const givenClient = given(client, undefined)

describe('a relying party', () => {
  it('rule 8: registers once, and every event restates the whole configuration', () => {
    givenClient([]).when(register).records(registered)
    givenClient([registered]).when(register).refuses('client_exists')
    givenClient([registered, deactivated]).when(register).refuses('client_exists')
  })

  it('rule 6: a change cites the artefact of the new configuration, and keeps whether it is active', () => {
    const updated = { client: 'clinic', configuration: changed, artefact: digest('second') }
    givenClient([registered])
      .when(update)
      .records({ type: 'ClientUpdated', data: { ...updated, active: true } })
    givenClient([registered, deactivated])
      .when(update)
      .records({ type: 'ClientUpdated', data: { ...updated, active: false } })
  })

  it('an update that was made from another configuration than the one in force is refused', () => {
    const second = { client: 'clinic', configuration: changed, artefact: digest('second') }
    givenClient([registered])
      .when({ ...update, replaces: digest('first') })
      .records({ type: 'ClientUpdated', data: { ...second, active: true } })
    givenClient([registered, { type: 'ClientUpdated', data: { ...second, active: true } }])
      .when({ ...update, replaces: digest('first') })
      .refuses('client_changed')
  })

  it('rule 19: its sector is frozen', () => {
    givenClient([registered])
      .when({ ...update, configuration: { ...changed, sector_identifier: 'other.example' } })
      .refuses('request_invalid')
  })

  it('rule 16: is deactivated and activated again, each once', () => {
    givenClient([registered]).when(deactivate).records(deactivated)
    givenClient([registered, deactivated]).when(deactivate).records()
    givenClient([registered, deactivated]).when(activate).records({ type: 'ClientActivated', data })
    givenClient([registered]).when(activate).records()
  })

  it('one that nobody registered cannot be changed', () => {
    for (const command of [update, deactivate, activate]) givenClient([]).when(command).refuses('client_unknown')
  })

  it('rule 8: the last event alone gives the same as all of them; each is what its schema says', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(register, update, deactivate, activate), { maxLength: 12 }), (commands) => {
        let state = client.initialState
        const events: ClientEvent[] = []
        for (const command of commands) {
          expect(checkCommand('client', command)).to.include({ ok: true })
          for (const event of client.decide(command, state, undefined).events) {
            expect(checkEvent('client', event.type, 1, event.data)).to.include({ ok: true })
            events.push(event)
            state = client.evolve(state, event)
          }
        }
        expect(fold(client, events)).to.deep.equal(state)
        expect(fold(client, events.slice(-1))).to.deep.equal(state)
      }),
      { numRuns: 200 },
    )
  })
})
