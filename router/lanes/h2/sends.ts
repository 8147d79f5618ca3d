/**
 * Node throws at headers that it does not send, some of which (http2-settings, status 101) nghttp2 lets through when they come in; and
 * at a stream that has just ended. Thrown in an event, that would end the router. True when it was sent.
 */
export const sends = (send: () => void): boolean => {
  try {
    send()
    return true
  } catch {
    return false
  }
}
