/**
 * Whether an image that holds these platforms runs on all that are wanted. A wanted platform without a variant takes
 * any; `arm64` is `arm64/v8` (OCI image index specification, platform variants). An image that does not say what it is
 * for is not taken for anything.
 */
export function holdsPlatforms(held: readonly string[], wanted: readonly string[]): boolean {
  const plain = held.map(withoutDefault)
  return wanted.map(withoutDefault).every((one) => plain.some((held) => held === one || held.startsWith(`${one}/`)))
}

function withoutDefault(platform: string): string {
  return platform.replace(/(\/arm64)\/v8$/, '$1')
}
