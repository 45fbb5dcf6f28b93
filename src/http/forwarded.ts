import { BlockList, isIP, isIPv4 } from 'node:net'

/** Proxies in front of us that one request may have passed. */
const HOPS_MAX = 10

const plain = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? address
}

export type Addresses = {
  /**
   * The client's address: the socket's, unless that is a trusted proxy; then the last one in `X-Forwarded-For` that is none
   * (rule 44). Everything to the left of it could have been written by the client.
   */
  readonly clientOf: (socket: string | undefined, forwardedFor: string | undefined) => string
  /** Whether a trusted proxy is on the other side of the socket. */
  readonly isProxy: (socket: string | undefined) => boolean
}

/** `trusted` are addresses, or networks such as `10.0.0.0/8`. */
export const addresses = (trusted: readonly string[]): Addresses => {
  const list = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (address: string): boolean => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  return {
    isProxy: (socket) => isIP(plain(socket ?? '')) !== 0 && isTrusted(plain(socket ?? '')),
    clientOf: (socket, forwardedFor) => {
      let client = plain(socket ?? '')
      if (trusted.length === 0 || forwardedFor === undefined || isIP(client) === 0 || !isTrusted(client)) return client
      const hops = forwardedFor.split(',').slice(-HOPS_MAX).reverse()
      for (const hop of hops) {
        const address = plain(hop.trim())
        if (isIP(address) === 0) return client
        client = address
        if (!isTrusted(client)) return client
      }
      return client
    },
  }
}

/** The eight groups of an IPv6 address, without its zone. */
const groupsOf = (address: string): readonly string[] => {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0'), ...after]
}

/** The network an address lies in, which limits count: one subscriber has a whole /48 of IPv6, and a /24 of IPv4 shares its fate. */
export const networkOf = (address: string): string => {
  if (isIPv4(address)) return `${address.split('.').slice(0, 3).join('.')}.0/24`
  if (isIP(address) === 0) return 'unknown'
  const site = groupsOf(address.toLowerCase()).slice(0, 3)
  return `${site.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/48`
}
