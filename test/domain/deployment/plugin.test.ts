import { expect } from 'chai'
import { describe, it } from 'mocha'
import { fold } from '../../../domain/decider.ts'
import { generationOf, plugin } from '../../../domain/deployment/plugin.ts'
import { at, digest } from '../samples.ts'

describe('openings of an ID system are counted by the deployment', () => {
  const wish = { type: 'ReloadPlugin', at: at(0), plugin: 'civil' } as const

  it('nothing is recorded of the first; each request is one more', () => {
    expect(generationOf(plugin.initialState)).to.equal(1)
    const { events } = plugin.decide(wish, plugin.initialState, undefined)
    expect(events).to.deep.equal([{ type: 'PluginReloadRequested', data: { plugin: 'civil', generation: 2 } }])
    const state = fold(plugin, events)
    expect(plugin.decide(wish, state, undefined).events[0]?.data).to.deep.equal({ plugin: 'civil', generation: 3 })
  })

  it('what belongs to nodes is nothing to it', () => {
    const keys = { master: digest('master'), subject: digest('subject') }
    const state = { plugin: 'civil', generation: 7 }
    expect(plugin.evolve(state, { type: 'NodeStarted', data: { at: at(0), program: '1', keys, knows: {} } })).to.equal(state)
  })
})
