/** `$(NAME)` in a container's command, args and env values. */

/**
 * Replaces `$(NAME)` by the variable's value; an unknown name is left as it stands, and `$$(NAME)` means the text `$(NAME)`.
 * Rule: third_party/forked/golang/expansion in Kubernetes.
 */
export const expandVariables = (text: string, variables: { readonly [name: string]: string }): string =>
  text.replace(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) => {
    if (match === '$$') return '$'
    return name !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? '') : match
  })
