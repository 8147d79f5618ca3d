/** What a sidecar is made of; from the webhook's flags. */
export type SidecarOptions = {
  /** PEM of the authority that the controller's certificate is of; undefined while it is not known. */
  readonly ca: string | undefined
  readonly image: string
  /** In place of the image's own entry. */
  readonly command?: readonly string[]
  /** Quantities that are requested. */
  readonly cpu: string
  readonly memory: string
}
