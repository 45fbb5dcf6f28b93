import { PERSON } from '../support/rp.ts'
import type { ScriptedBrowser } from '../support/scripted-browser.ts'
import { send, type House } from './house.ts'

export type OwnerLogin = { readonly ms: number; readonly arrived: boolean; readonly checks: number }

export type Owner = { readonly signIn: () => Promise<OwnerLogin> }

const ADDRESS = '203.0.113.9'

/** The owner, at home, on a device that they called their own. */
export const ownerOf = async (house: House): Promise<Owner> => {
  let device = ''
  const signIn = async (own: boolean): Promise<OwnerLogin> => {
    const browser: ScriptedBrowser = house.at(ADDRESS, device === '' ? new Map() : new Map([['device', device]]))
    const began = performance.now()
    const { page } = await house.login(browser)
    let checks = 0
    let next = await send(browser, page, 'form-choose', { individual_id: PERSON.id, factor: 'pin', ...(own && { own_device: 'yes' }) })
    if (next.has('form-check')) checks += 1
    if (next.has('form-pin')) next = await send(browser, next, 'form-pin', { pin: PERSON.pin })
    if (next.has('form-consent')) next = await send(browser, next, 'form-consent', { action: 'accept' })
    device = browser.cookies.get('device') ?? device
    return { ms: performance.now() - began, arrived: next.url.searchParams.has('code'), checks }
  }
  await signIn(true)
  return { signIn: () => signIn(false) }
}
