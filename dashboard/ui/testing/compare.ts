/** Two pictures, pixel by pixel, by the canvas of a page: no PNG library is needed for it. */
import type { Page } from 'playwright-core'

/** Of 255, for each colour; the smoothing of edges differs by less between runs. */
const CHANNEL = 40

/** Share of pixels that differ, 0..1; 1 where the sizes differ. `page` is any page without a Content-Security-Policy. */
export const differenceOf = (page: Page, before: Buffer, after: Buffer): Promise<number> =>
  page.evaluate(
    async ({ pngs, channel }) => {
      const [one, other] = await Promise.all(
        pngs.map(async png => createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())),
      )
      if (one === undefined || other === undefined || one.width !== other.width || one.height !== other.height) return 1
      const pixels = [one, other].map(image => {
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
        if (context === null) throw new Error('no canvas')
        context.drawImage(image, 0, 0)
        return context.getImageData(0, 0, image.width, image.height).data
      })
      const [a = new Uint8ClampedArray(), b = new Uint8ClampedArray()] = pixels
      let differing = 0
      for (let at = 0; at < a.length; at += 4) {
        const far = [0, 1, 2].some(colour => Math.abs((a[at + colour] ?? 0) - (b[at + colour] ?? 0)) > channel)
        if (far) differing += 1
      }
      return differing / (a.length / 4)
    },
    { pngs: [before.toString('base64'), after.toString('base64')], channel: CHANNEL },
  )
