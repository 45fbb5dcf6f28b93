import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryReadModel } from '../../adapters/read-model/memory/memory-read-model.ts'
import type { TableStore } from '../../domain/ports.ts'
import { move, standingOf } from '../../projections/generations.ts'
import { served } from '../../projections/served.ts'
import { readModelContract } from '../contracts/read-model.ts'
import { faultOf } from '../support/fault-of.ts'

const VIEW = { name: 'clients', version: 1 }
const tables = { clients: { key: 'id', indexes: [] } }

describe('what readers see of generations', () => {
  readModelContract('served', () => {
    const every = memoryReadModel()
    return { model: { ...served(every), discard: every.discard }, end: () => undefined }
  })

  const put = (every: TableStore, name: string, id: string): Promise<boolean> =>
    every.apply(name, undefined, '1', [{ kind: 'put', table: 'clients', row: { id } }])

  it('a read that follows a switch gets the other rows, in a reader that was opened before', async () => {
    const every = memoryReadModel()
    const [reader, other] = [served(every), served(every)]
    await reader.open('clients', 1, tables)
    await every.open('clients-g2', 1, tables)
    await put(every, 'clients', 'old')
    await put(every, 'clients-g2', 'new')
    expect(await reader.list('clients', 'clients')).to.deep.equal([{ id: 'old' }])
    await move(other.every, VIEW, () => ({ serving: 2, newest: 2 }))
    expect(await reader.list('clients', 'clients')).to.deep.equal([{ id: 'new' }])
    expect(await reader.get('clients', 'clients', 'new')).to.deep.equal({ id: 'new' })
    expect(await reader.count('clients', 'clients')).to.equal(1)
    await reader.drop('clients')
    expect(await every.count('clients', 'clients'), 'the other generation is not touched').to.equal(1)
  })

  it('another version of a projection has generations of its own', async () => {
    const every = memoryReadModel()
    const reader = served(every)
    await reader.open('clients', 1, tables)
    await move(every, VIEW, () => ({ serving: 2, newest: 2 }))
    expect(await standingOf(every, { name: 'clients', version: 2 })).to.deep.equal({ serving: 1, newest: 1 })
    await reader.open('clients', 2, { clients: { key: 'id', indexes: ['id'] } })
    await put(every, 'clients', 'newer')
    expect(await reader.count('clients', 'clients')).to.equal(1)
  })

  it('of moves at the same moment none is lost, of one projection or of several', async () => {
    const every = memoryReadModel()
    const names = ['clients', 'consents', 'live']
    await Promise.all(
      names.flatMap((name) =>
        Array.from({ length: 4 }, () => move(every, { name, version: 1 }, ({ serving, newest }) => ({ serving, newest: newest + 1 }))),
      ),
    )
    for (const name of names) expect((await standingOf(every, { name, version: 1 })).newest, name).to.equal(5)
  })

  it('a move that others keep making fails, and says so', async () => {
    const every = memoryReadModel()
    const contested: TableStore = { ...every, apply: async () => false }
    expect(await faultOf(() => move(contested, VIEW, (standing) => standing))).to.equal('unavailable')
  })
})
