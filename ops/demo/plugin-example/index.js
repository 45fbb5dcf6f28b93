/**
 * The readers of a city library as an ID system of eSignet: a card number and a PIN. It uses nothing of eSignet's but the contract, and
 * nothing of Node's but what a plugin needs. What each part promises stands in adapters/id-system/plugin.ts of eSignet.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'))

const SESSION_S = 600

/** Checked by eSignet before `describe` and `open` see the settings; defaults are filled in. */
export const settingsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    cards: { type: 'string', default: fileURLToPath(new URL('./cards.json', import.meta.url)), description: 'Path of the register.' },
  },
}

export const describe = () => ({
  id: 'library',
  version,
  api: 1,
  factors: [{ factor: 'pin', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } }],
  channels: [],
  idTypes: [{ type: 'handle', pattern: '^4[0-9]{15}$', lengthMax: 16 }],
  claims: ['name', 'birthdate'],
  sessionSingleUse: false,
  sessionLifetimeS: SESSION_S,
})

/** Its own key, made once: two openings of this plugin may share the folder for a while, and several brokers the machine. */
const keyIn = (folder, chance) => {
  const file = join(folder, 'key')
  try {
    writeFileSync(file, chance.bytes(32), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  return readFileSync(file)
}

export const open = async (settings, { clock, chance, dataDirectory }) => {
  const { cards } = JSON.parse(readFileSync(settings.cards, 'utf8'))
  const byCard = new Map(cards.map((card) => [card.card, card]))
  const byReader = new Map(cards.map((card) => [card.reader, card]))
  const key = keyIn(dataDirectory, chance)
  const mac = (text) => createHmac('sha256', key).update(text).digest()
  const same = (left, right) => left.length === right.length && timingSafeEqual(left, right)

  // A session says whose it is, signed: it needs no memory, so a restart or another opening can read it. It is sealed by eSignet.
  const seal = (held) => {
    const body = Buffer.from(JSON.stringify(held)).toString('base64url')
    return `${body}.${mac(body).toString('base64url')}`
  }
  const unseal = (session) => {
    const [body = '', tag = ''] = session.split('.')
    return same(mac(body), Buffer.from(tag, 'base64url')) ? JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) : undefined
  }

  // Facts come at least once: what was heard before is not counted again, also after a restart.
  const heardFile = join(dataDirectory, 'heard.txt')
  appendFileSync(heardFile, '')
  const heard = new Set(readFileSync(heardFile, 'utf8').split('\n').filter(Boolean))

  return {
    /** The same work for everybody, known or not, so that the time tells nothing. */
    verify: async ({ id, factor, proof, transaction, client }) => {
      if (factor !== 'pin') return { ok: false, error: 'unsupported' }
      const card = byCard.get(id.value)
      const known = card !== undefined && card.blocked !== true
      const right = same(mac(`pin ${known ? card.pin : ''}`), mac(`pin ${proof}`))
      if (!known) return { ok: false, error: 'subject_denied' }
      if (!right) return { ok: false, error: 'challenge_failed' }
      const until = new Date(Date.parse(clock.now()) + SESSION_S * 1000).toISOString()
      const session = seal({ reader: card.reader, transaction, client, until })
      return { ok: true, value: { subjectKey: card.reader, session, sessionExpiresAt: until, factorsProven: ['pin'] } }
    },
    release: async ({ session, claims, transaction, client }) => {
      const held = unseal(session)
      const card = byReader.get(held?.reader)
      if (card === undefined || held.transaction !== transaction || held.client !== client || clock.now() >= held.until)
        return { ok: false, error: 'session_expired' }
      const facts = { name: card.name, birthdate: card.birthdate }
      return { ok: true, value: { claims: Object.fromEntries(Object.entries(facts).filter(([claim]) => claims.includes(claim))) } }
    },
    resolve: async ({ id }) => {
      const card = byCard.get(id.value)
      return card === undefined ? { ok: false, error: 'subject_denied' } : { ok: true, value: { subjectKey: card.reader } }
    },
    on: {
      ConsentGiven: async ({ id, stream }) => {
        // The sign-in repeats what the agreement's own stream says.
        if (!stream.startsWith('consent-') || heard.has(id)) return
        appendFileSync(heardFile, `${id}\n`)
        heard.add(id)
      },
    },
    health: async () => ({ status: 'up', detail: `${heard.size} agreements heard of` }),
    close: async () => undefined,
  }
}
