import { randomInt } from 'node:crypto'
import { DEMO_PEOPLE } from '../../adapters/id-system/mock/plugin.ts'
import { mockIdentitySystem, type MockIdentitySystem } from '../../ops/demo/mock-identity-system/server.ts'
import { systemChance } from './chance.ts'

export const MOCK_ISSUER = 'http://localhost:8088/v1/esignet'

/** The mock-identity-system in this process, on a free port. */
export const startMockIdentitySystem = (
  mode: 'compat' | 'strict',
  now: () => string = () => new Date().toISOString(),
): Promise<MockIdentitySystem> =>
  mockIdentitySystem({
    port: 0,
    mode,
    people: DEMO_PEOPLE,
    issuer: MOCK_ISSUER,
    now,
    uuid: systemChance.uuid,
    sixDigits: () => String(randomInt(1_000_000)).padStart(6, '0'),
  })
