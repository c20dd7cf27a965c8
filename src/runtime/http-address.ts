import { BlockList, isIP } from 'node:net'

/**
 * Addresses nothing of ours lives on, but where clouds hand out credentials to whoever asks (instance metadata).
 * Written forms that carry an IPv4 address inside IPv6 (mapped, NAT64, 6to4) count as that address.
 */
const forbidden = createForbiddenList()

function createForbiddenList(): BlockList {
  const list = new BlockList()
  list.addSubnet('169.254.0.0', 16, 'ipv4')
  list.addSubnet('fe80::', 10, 'ipv6')
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
  list.addSubnet('2002:a9fe::', 32, 'ipv6')
  // The same service at addresses that are not link-local: AWS, Alibaba Cloud, Oracle Cloud.
  list.addAddress('fd00:ec2::254', 'ipv6')
  list.addAddress('100.100.100.200', 'ipv4')
  list.addAddress('192.0.0.192', 'ipv4')
  return list
}

/** Is this IP address (brackets and zone allowed) link-local or a metadata service? False for what is no address. */
export function isForbiddenAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return false
  return forbidden.check(bare, family === 4 ? 'ipv4' : 'ipv6')
}
