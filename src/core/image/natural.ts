/**
 * Natural order of texts: runs of digits compare as numbers, everything else character by character, so `build-9` comes
 * before `build-10`. Exact for numbers of any length. Zero only for texts that differ in leading zeros at most.
 */
export function compareNatural(a: string, b: string): number {
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (isDigit(a.charCodeAt(i)) && isDigit(b.charCodeAt(j))) {
      const endA = digitsEnd(a, i)
      const endB = digitsEnd(b, j)
      const order = compareDigits(a.slice(i, endA), b.slice(j, endB))
      if (order !== 0) return order
      i = endA
      j = endB
    } else {
      const difference = a.charCodeAt(i) - b.charCodeAt(j)
      if (difference !== 0) return difference
      i++
      j++
    }
  }
  return a.length - i - (b.length - j)
}

/** Whether the character code is one of `0` to `9`. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Index after the run of digits that begins at `start`. */
export function digitsEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

/** Compares runs of digits as numbers without converting them: the longer one is greater once zeros are gone. */
function compareDigits(a: string, b: string): number {
  const x = withoutLeadingZeros(a)
  const y = withoutLeadingZeros(b)
  if (x.length !== y.length) return x.length - y.length
  return x < y ? -1 : x > y ? 1 : 0
}

function withoutLeadingZeros(digits: string): string {
  let start = 0
  while (start < digits.length - 1 && digits.charCodeAt(start) === 48) start++
  return start === 0 ? digits : digits.slice(start)
}
