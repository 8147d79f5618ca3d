/** `--as`: the API server is asked to take the caller for somebody else, which the caller needs the right to. Pure. */
import type { Transport } from '../kube/client.ts'

export type Impersonated = { readonly user: string; readonly group?: string }

/** The headers that kubectl sends for --as and --as-group. */
export const impersonating =
  (transport: Transport, { user, group }: Impersonated): Transport =>
  request =>
    transport({
      ...request,
      headers: { ...request.headers, 'impersonate-user': user, ...(group !== undefined && { 'impersonate-group': group }) },
    })
