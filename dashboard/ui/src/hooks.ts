/** The page's few hooks: the time, the address, the theme, a size, a number that glides. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Place, readPlace, writePlace } from './view/place.ts'

/** Milliseconds since 1970, every second. */
export const useNow = (): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

export type Go = (place: Place, how?: 'replace') => void

export const usePlace = (): readonly [Place, Go] => {
  const [place, setPlace] = useState(() => readPlace(location.hash))
  useEffect(() => {
    const read = (): void => setPlace(readPlace(location.hash))
    window.addEventListener('hashchange', read)
    return () => window.removeEventListener('hashchange', read)
  }, [])
  const go = useCallback<Go>((next, how) => {
    if (how === 'replace') {
      history.replaceState(null, '', writePlace(next))
      setPlace(next)
    } else location.hash = writePlace(next)
  }, [])
  return [place, go]
}

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORED_THEME = 'sluice-theme'

/** Storage may be forbidden; then the choice lasts as long as the page. */
const stored = (): Theme => {
  try {
    return THEMES.find(one => one === localStorage.getItem(STORED_THEME)) ?? 'system'
  } catch {
    return 'system'
  }
}

/** The theme, how to get to the next one, and a number that grows whenever colours changed. */
export const useTheme = (): { readonly theme: Theme; readonly next: () => void; readonly painted: number } => {
  const [theme, setTheme] = useState(stored)
  const [painted, setPainted] = useState(0)
  useLayoutEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    try {
      localStorage.setItem(STORED_THEME, theme)
    } catch {
      // As in `stored`.
    }
    setPainted(count => count + 1)
  }, [theme])
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const repaint = (): void => setPainted(count => count + 1)
    dark.addEventListener('change', repaint)
    return () => dark.removeEventListener('change', repaint)
  }, [])
  const next = useCallback(() => setTheme(now => THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? 'system'), [])
  return { theme, next, painted }
}

/** Width in pixels of the element that gets the ref; 0 before it is drawn. */
export const useWidth = <E extends HTMLElement>() => {
  const ref = useRef<E>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const measure = (): void => setWidth(Math.floor(element.clientWidth))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, width] as const
}

const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

const GLIDE_MS = 700
const ease = (at: number): number => 1 - (1 - at) ** 3

/** Follows the number smoothly; at once for people who prefer less motion. */
export const useGlide = (target: number): number => {
  const [shown, setShown] = useState(target)
  const from = useRef(target)
  from.current = shown
  useEffect(() => {
    const start = from.current
    if (prefersStill() || start === target) {
      setShown(target)
      return
    }
    const began = performance.now()
    let frame = requestAnimationFrame(function step(at) {
      const part = Math.min(1, Math.max(0, (at - began) / GLIDE_MS))
      setShown(part === 1 ? target : start + (target - start) * ease(part))
      if (part < 1) frame = requestAnimationFrame(step)
    })
    return () => cancelAnimationFrame(frame)
  }, [target])
  return shown
}
