/** A third party's plugin in plain JavaScript. Its settings say how it misbehaves; with none it is a small plugin that works. */

export const settingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['token'],
  properties: {
    token: { type: 'string', minLength: 8 },
    mood: {
      enum: ['well', 'throws', 'rejects', 'hangs', 'lies', 'gossips', 'swells', 'mutates', 'never opens', 'refuses to open', 'opens half'],
      default: 'well',
    },
  },
}

export const describe = () => ({
  id: 'unruly',
  version: '0.1.0',
  api: 1,
  factors: [
    { factor: 'pin', format: { kind: 'digits', lengthMin: 4, lengthMax: 8 } },
    { factor: 'otp', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } },
  ],
  channels: ['sms'],
  idTypes: [{ type: 'uin', pattern: '^[0-9]{10}$', lengthMax: 10 }],
  claims: ['name', 'email'],
  sessionSingleUse: false,
  sessionLifetimeS: 60,
})

const never = () => new Promise(() => undefined)
const yes = (value) => ({ ok: true, value })

const verified = (factor) => ({
  subjectKey: 'somebody',
  session: 'session',
  sessionExpiresAt: '2026-11-24T12:01:00.000Z',
  factorsProven: [factor],
})

const well = {
  verify: async ({ factor }) => yes(verified(factor)),
  send: async () => yes({ channels: ['sms'], validForS: 60 }),
  release: async ({ claims }) => yes({ claims: Object.fromEntries(claims.map((claim) => [claim, 'value'])) }),
  resolve: async () => yes({ subjectKey: 'somebody' }),
  on: { ConsentGiven: async () => undefined },
  health: async () => ({ status: 'up' }),
  close: async () => undefined,
}

/** The same behaviour for every member. */
const all = (act) => ({
  verify: act,
  send: act,
  release: act,
  resolve: act,
  on: { ConsentGiven: act },
  health: act,
  close: act,
})

const moods = {
  well,
  throws: all(({ proof } = {}) => {
    throw new TypeError(`no ${proof} for you`)
  }),
  rejects: all(async ({ proof } = {}) => Promise.reject(new Error(`no ${proof} for you`))),
  hangs: all(never),
  lies: {
    ...well,
    verify: async () => yes(verified('wallet')),
    send: async () => yes({ channels: ['email'], validForS: 60 }),
    resolve: async () => ({ ok: 'certainly' }),
    health: async () => 'splendid',
  },
  gossips: {
    ...well,
    verify: async () => ({ ok: false, error: 'challenge_failed', code: 'the PIN of Maya is another one' }),
    release: async () => yes({ claims: { name: 'Maya', email: 'maya@example.org' } }),
  },
  swells: {
    ...well,
    verify: async ({ factor }) => yes({ ...verified(factor), session: 's'.repeat(100_000) }),
    release: async () => yes({ claims: { name: 'x'.repeat(2_000_000) } }),
    resolve: async () => {
      const loop = { ok: true }
      loop.value = loop
      return loop
    },
  },
  mutates: {
    ...well,
    release: async (request) => {
      request.claims.push('email')
      return yes({ claims: { name: 'Maya', email: 'maya@example.org' } })
    },
  },
}

export const open = async ({ mood }) => {
  if (mood === 'never opens') return never()
  if (mood === 'refuses to open') throw new Error('the licence has ended')
  if (mood === 'opens half') return { health: well.health, close: well.close, release: 'soon' }
  return moods[mood]
}
