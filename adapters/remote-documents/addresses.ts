import { BlockList, isIPv4, isIPv6 } from 'node:net'

type Subnet = readonly [address: string, bits: number]

/** The IANA special-purpose registry (RFC 6890 and its updates), multicast and what is reserved. */
const SPECIAL_V4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/** Global unicast is the one block that is in use (RFC 4291 §2.4): mapped, translated, local and link-local addresses lie outside it. */
const GLOBAL_V6: Subnet = ['2000::', 3]

/** Within it: protocol assignments with Teredo, documentation, and 6to4, which carries an IPv4 address. */
const SPECIAL_V6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** Where closed networks live (RFC 1918, RFC 6598, RFC 4193). Loopback and link-local, where metadata services listen, are not among them. */
const PRIVATE_V4: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]
const PRIVATE_V6: readonly Subnet[] = [['fc00::', 7]]

const listOf = (family: 'ipv4' | 'ipv6', subnets: readonly Subnet[]): ((address: string) => boolean) => {
  const list = new BlockList()
  for (const [address, bits] of subnets) list.addSubnet(address, bits, family)
  return (address) => list.check(address, family)
}

const isSpecialV4 = listOf('ipv4', SPECIAL_V4)
const isPrivateV4 = listOf('ipv4', PRIVATE_V4)
const isGlobalV6 = listOf('ipv6', [GLOBAL_V6])
const isSpecialV6 = listOf('ipv6', SPECIAL_V6)
const isPrivateV6 = listOf('ipv6', PRIVATE_V6)

/** Whether the broker may connect to an address of its own accord: to public ones, and to private ones of a host that the operator listed. */
export const mayReach = (address: string, listed: boolean): boolean => {
  if (isIPv4(address)) return !isSpecialV4(address) || (listed && isPrivateV4(address))
  // A zone (`fe80::1%eth0`) belongs to one link, so such an address is never public.
  if (!isIPv6(address) || address.includes('%')) return false
  return (isGlobalV6(address) && !isSpecialV6(address)) || (listed && isPrivateV6(address))
}
