import { setTimeout as sleep } from 'node:timers/promises'
import type { IdSystemPlugin, IndividualId, PluginDescription } from '../../adapters/id-system/plugin.ts'

/** An ID system whose clock gives everybody away: who is known takes long, who is not is refused at once. The broker has to hide it. */
export const describe = (): PluginDescription => ({
  id: 'telltale',
  version: '1.0.0',
  api: 1,
  factors: [
    { factor: 'otp', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 }, validForS: 180 },
    { factor: 'pin', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } },
  ],
  channels: ['sms'],
  idTypes: [{ type: 'uin', pattern: '^[1-3][0-9]{9}$', lengthMax: 10 }],
  claims: ['name'],
  sessionSingleUse: false,
  sessionLifetimeS: 600,
})

export const settingsSchema = { type: 'object', additionalProperties: false, properties: {} }

/** By the first digit: 1 is known, 2 is not, 3 is blocked. Milliseconds, spread as a network spreads them. */
const LONG: Readonly<Record<string, number>> = { '1': 30, '2': 1, '3': 6 }
const taking = ({ value }: IndividualId): Promise<void> => sleep((LONG[value.charAt(0)] ?? 1) * (1 + Number(value.slice(-3)) / 1000))

const denied = { ok: false, error: 'subject_denied' } as const

export const open: IdSystemPlugin['open'] = async () => ({
  resolve: async ({ id }) => {
    await taking(id)
    return id.value.startsWith('1') ? { ok: true, value: { subjectKey: `subject-${id.value}` } } : denied
  },
  send: async ({ id }) => {
    await taking(id)
    return id.value.startsWith('1') ? { ok: true, value: { channels: ['sms'], validForS: 180 } } : denied
  },
  verify: async ({ id }) => {
    await taking(id)
    return id.value.startsWith('1') ? { ok: false, error: 'challenge_failed' } : denied
  },
  release: async () => denied,
  health: async () => ({ status: 'up' }),
  close: async () => undefined,
})
