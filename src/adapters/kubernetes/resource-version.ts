/**
 * True when both are decimal numbers and `left` is the smaller one. Anything else is opaque, and nothing is known about
 * its order. Kubernetes promises the order since KEP-5504 and has always kept it for etcd.
 */
export function isOlder(left: string, right: string): boolean {
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return false
  return left.length === right.length ? left < right : left.length < right.length
}
