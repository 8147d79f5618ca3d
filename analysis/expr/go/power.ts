/** Powers as Go computes them: by squaring, so that the last digit is Go's too. Pure. */

const special = (x: number, y: number): number | undefined => {
  if (y === 0 || x === 1) return 1
  if (y === 1) return x
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN
  if (x === -1 && !Number.isFinite(y)) return 1
  if (x === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return x ** y
  if (y === 0.5) return Math.sqrt(x)
  return y === -0.5 ? 1 / Math.sqrt(x) : undefined
}

/** A mantissa in [0.5, 1) and an exponent of two. */
const fractionOf = (x: number): { readonly mantissa: number; readonly exponent: number } => {
  let exponent = Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) + 1)
  let mantissa = x / 2 ** Math.trunc(exponent / 2) / 2 ** (exponent - Math.trunc(exponent / 2))
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2
    exponent -= 1
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2
    exponent += 1
  }
  return { mantissa, exponent }
}

const scaled = (mantissa: number, exponent: number): number => {
  const half = Math.trunc(Math.max(-4000, Math.min(4000, exponent)) / 4)
  const rest = Math.max(-4000, Math.min(4000, exponent)) - 3 * half
  return mantissa * 2 ** half * 2 ** half * 2 ** half * 2 ** rest
}

const TOO_FAR = 2 ** 12

export const power = (x: number, y: number): number => {
  const known = special(x, y)
  if (known !== undefined) return known
  let whole = Math.trunc(Math.abs(y))
  let part = Math.abs(y) - whole
  if (part !== 0 && x < 0) return Number.NaN
  if (whole >= 2 ** 63) return x ** y
  let result = 1
  let exponent = 0
  if (part !== 0) {
    if (part > 0.5) {
      part -= 1
      whole += 1
    }
    result = Math.exp(part * Math.log(x))
  }
  let { mantissa: square, exponent: squareExponent } = fractionOf(x)
  for (let i = BigInt(whole); i !== 0n; i >>= 1n) {
    if (Math.abs(squareExponent) > TOO_FAR) {
      exponent += squareExponent
      break
    }
    if (i & 1n) {
      result *= square
      exponent += squareExponent
    }
    square *= square
    squareExponent *= 2
    if (square < 0.5) {
      square += square
      squareExponent -= 1
    }
  }
  return y < 0 ? scaled(1 / result, -exponent) : scaled(result, exponent)
}
