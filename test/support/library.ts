import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { ROOT } from './broker.ts'
import { accept, begin, callbackOf, newParty, proveByPin, redeem, userinfo, type Begun, type Party, type Reachable } from './rp.ts'

type Reader = { readonly id: string; readonly pin: string }

/** People of the register, so many that each is in one login at a time: who is in several at once looks like somebody who guesses. */
const READERS = 100

export const readerOf = (n: number): Reader => ({ id: `40001000100${String(10_000 + (n % READERS))}`, pin: '204060' })

export const NAME = 'Amina Okoro'

/** The third party's example, copied to a folder of its own, where a test puts other versions in its place. */
export const library = () => {
  const folder = mkdtempSync(join(tmpdir(), 'library-'))
  cpSync(join(ROOT, 'ops/demo/plugin-example'), folder, { recursive: true })
  const register = (file: string, name: string): string => {
    const cards = Array.from({ length: READERS }, (_, n) => {
      const { id, pin } = readerOf(n)
      return { card: id, pin, reader: `r-${String(n).padStart(4, '0')}`, name, birthdate: '1991-05-14' }
    })
    writeFileSync(join(folder, file), JSON.stringify({ cards }))
    return join(folder, file)
  }
  register('cards.json', NAME)
  const edit = (file: string, change: (text: string) => string): void => {
    const path = join(folder, file)
    writeFileSync(path, change(readFileSync(path, 'utf8')))
  }
  return {
    folder,
    module: join(folder, 'index.js'),
    edit,
    /** Another version, which calls its readers by another name, so that it shows whose word a relying party got. */
    ship: (version: string, name: string): void => {
      edit('package.json', (text) => text.replace(/"version": "[^"]*"/, `"version": "${version}"`))
      register('cards.json', name)
    },
    register,
    end: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A relying party of the library's readers. */
export const newBorrower = (id: string, more: Readonly<Record<string, unknown>> = {}): Promise<Party> =>
  newParty(id, 'ES256', { claims: ['name', 'birthdate'], scope: 'openid', ...more })

const ASKED = { scope: 'openid', claims: JSON.stringify({ userinfo: { name: { essential: true } } }) }

export const start = (broker: Reachable, party: Party): Promise<Begun> => begin(broker, party, { with: ASKED })

export type Finished = { readonly transaction: string; readonly name: unknown }

/** A login from the PIN on, up to the facts that the relying party gets. */
export const finish = async (broker: Reachable, party: Party, begun: Begun, { id, pin }: Reader = readerOf(0)): Promise<Finished> => {
  const callback = callbackOf(await accept(begun.browser, await proveByPin(begun, id, pin)))
  const { json } = await redeem(broker, party, { ...begun, code: callback.searchParams.get('code') ?? '' })
  const { body } = await userinfo(broker, String(json['access_token']))
  return { transaction: begun.transaction, name: decodeJwt(body)['name'] }
}

export const wholeLogin = async (broker: Reachable, party: Party, reader?: Reader): Promise<Finished> =>
  finish(broker, party, await start(broker, party), reader)
