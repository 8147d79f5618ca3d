/** What each shell has to be told; all of them ask the program itself, so that they never know less than it does. */

const BASH = `# bash completion of sluice: source <(sluice completion bash)
_sluice() {
  local lines line
  COMPREPLY=()
  mapfile -t lines < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [ "\${#lines[@]}" -gt 0 ] || return 0
  if [ "\${lines[-1]}" = ':0' ]; then compopt -o default 2>/dev/null; return 0; fi
  for line in "\${lines[@]::\${#lines[@]}-1}"; do COMPREPLY+=("\${line%%$'\\t'*}"); done
}
complete -F _sluice sluice
`

const ZSH = `#compdef sluice
# zsh completion of sluice: source <(sluice completion zsh), or put it into a file _sluice on the fpath
_sluice() {
  local -a lines
  lines=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[-1]}" == ':0' ]]; then _files; return; fi
  lines=("\${(@)lines[1,-2]//:/\\\\:}")
  lines=("\${(@)lines//$'\\t'/:}")
  (( \${#lines} )) && _describe 'sluice' lines
}
if [ "$funcstack[1]" = '_sluice' ]; then _sluice; else compdef _sluice sluice; fi
`

const FISH = `# fish completion of sluice: sluice completion fish | source
function __sluice_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program __complete $words (commandline -ct) 2>/dev/null)
    if test "$lines[-1]" = ':0'
        __fish_complete_path (commandline -ct)
        return
    end
    test (count $lines) -gt 1; and printf '%s\\n' $lines[1..-2]
end
complete -c sluice -f -a '(__sluice_complete)'
`

export const SCRIPTS: { readonly [shell: string]: string } = { bash: BASH, zsh: ZSH, fish: FISH }
