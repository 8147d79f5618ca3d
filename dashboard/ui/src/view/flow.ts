/** The shapes of the picture of traffic: one stream from the clients that parts into one for each version. Lengths in pixels. */

export type Branch = {
  readonly key: string
  /** Share of 1 that this version gets now. */
  readonly share: number
}

export type Ribbon = {
  readonly key: string
  /** A closed outline of the stream, for `d` of an SVG path. */
  readonly outline: string
  /** Lines along the stream that move with it, for `d` of SVG paths. */
  readonly threads: readonly string[]
  /** Where it ends: its middle and its thickness. */
  readonly end: { readonly x: number; readonly y: number; readonly thickness: number }
}

export type FlowSize = { readonly width: number; readonly height: number; readonly thickness: number }

/** A stream of nothing is still drawn, so that it is seen to be there. */
const THINNEST = 3
/** One moving line for about each so many pixels of thickness. */
const THREAD_EVERY = 9

const round = (value: number): string => String(Math.round(value * 10) / 10)

/** A line from the left to the right that leaves and arrives level. */
const curve = (x0: number, y0: number, x1: number, y1: number): string => {
  const middle = (x0 + x1) / 2
  return `C${round(middle)} ${round(y0)} ${round(middle)} ${round(y1)} ${round(x1)} ${round(y1)}`
}

const thicknessOf = (share: number, whole: number): number => Math.max(THINNEST, share * whole)

/** The middles of `count` bands of the height: `height / 2` for one, and so on. */
export const middles = (count: number, height: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => ((index + 0.5) * height) / count)

/**
 * Ribbons in the order of the branches, stacked where they leave the one stream and spread over the height where they end.
 * `width` is from the place where the stream parts to the versions.
 */
export const drawFlow = (branches: readonly Branch[], { width, height, thickness }: FlowSize): readonly Ribbon[] => {
  const ends = middles(branches.length, height)
  const sizes = branches.map(({ share }) => thicknessOf(share, thickness))
  const total = sizes.reduce((sum, one) => sum + one, 0)
  let top = (height - total) / 2
  return branches.map(({ key }, index) => {
    const size = sizes[index] ?? THINNEST
    const [start, end] = [top + size / 2, ends[index] ?? height / 2]
    top += size
    const half = size / 2
    const outline = `M0 ${round(start - half)}${curve(0, start - half, width, end - half)}V${round(end + half)}${curve(width, end + half, 0, start + half)}Z`
    const lines = Math.max(1, Math.floor(size / THREAD_EVERY))
    const threads = Array.from({ length: lines }, (_, line) => {
      const offset = ((line + 0.5) / lines - 0.5) * size
      return `M0 ${round(start + offset)}${curve(0, start + offset, width, end + offset)}`
    })
    return { key, outline, threads, end: { x: width, y: end, thickness: size } }
  })
}

/**
 * Seconds that a mark takes along the stream: faster with more requests in a second, by orders of magnitude, within what the eye
 * can follow. Undefined when nothing flows.
 */
export const pace = (perSecond: number): number | undefined => {
  if (perSecond <= 0) return undefined
  const seconds = 6 / (1 + Math.log10(1 + perSecond))
  return Math.round(Math.min(6, Math.max(1.2, seconds)) * 10) / 10
}

/** What a screen reader says instead of the picture. */
export const describeFlow = (
  branches: readonly { readonly label: string; readonly share: number; readonly says: string }[],
): string =>
  branches.map(({ label, share, says }) => `${label} gets ${Math.round(share * 1000) / 10} % of the traffic: ${says}`).join('. ')
