import type { Json } from '../plugin.ts'
import { connect } from '../wire.ts'
import { baseOf, fetchService } from './service.ts'

type Choice = { readonly module: string; readonly settings: { readonly [key: string]: Json } }

/** Where a URL stands in place of a module, the plugin `http`, with what the ID system there says of itself. Throws Fault. */
export const byUrl = async ({ module, settings }: Choice): Promise<Choice> => {
  if (!/^https?:/.test(module)) return { module, settings }
  const { service, allowLoopbackHttp, authoritiesFile } = settings
  if (service !== undefined) return { module: 'http', settings: { ...settings, url: module } }
  const client = connect(typeof authoritiesFile === 'string' ? { authoritiesFile } : {})
  try {
    const told = await fetchService(client, baseOf(module, allowLoopbackHttp === true))
    return { module: 'http', settings: { ...settings, url: module, service: told } }
  } finally {
    client.close()
  }
}
