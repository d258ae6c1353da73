/**
 * The completion scripts by shell.
 *
 * They hand every word up to the cursor to `l4d2ctl __complete`, which prints a word a line, a tab and its description behind
 * some, or `:files` where the shell is to complete files; so they need not know the commands.
 */
export const completionScripts = {
  bash: `# bash completion of l4d2ctl: source <(l4d2ctl completion bash)
_l4d2ctl() {
  local word glue=
  local -a words=()
  # Readline splits words at : and =, as in addresses and labels: here they are put together again.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ \${#words[@]} -gt 0 && ( -n $glue || $word == [:=]* ) ]]; then words[-1]+=$word; else words+=("$word"); fi
    if [[ $word == [:=]* ]]; then glue=yes; else glue=; fi
  done
  mapfile -t COMPREPLY < <(l4d2ctl __complete -- "\${words[@]}" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    compopt -o default
    return
  fi
  COMPREPLY=("\${COMPREPLY[@]%%$'\\t'*}")
  # What readline takes for the word begins behind the last : or =.
  COMPREPLY=("\${COMPREPLY[@]#"\${words[-1]%"$2"}"}")
}
complete -F _l4d2ctl l4d2ctl
`,
  zsh: `#compdef l4d2ctl
# zsh completion of l4d2ctl: l4d2ctl completion zsh > a file _l4d2ctl in a directory of $fpath
_l4d2ctl() {
  local line
  local -a lines candidates
  lines=(\${(f)"$(l4d2ctl __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)"})
  if [[ $lines[1] == :files ]]; then
    compset -P '--*='
    compset -P 'unix:'
    _files
    return
  fi
  for line in $lines; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${\${(M)line:#*$'\\t'*}#*$'\\t'}")
  done
  _describe word candidates
}
if [[ $funcstack[1] == _l4d2ctl ]]; then _l4d2ctl "$@"; else compdef _l4d2ctl l4d2ctl; fi
`,
  fish: `# fish completion of l4d2ctl: l4d2ctl completion fish > ~/.config/fish/completions/l4d2ctl.fish
function __l4d2ctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (l4d2ctl __complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else
        string join \\n -- $lines
    end
end
complete -c l4d2ctl -f -a '(__l4d2ctl_complete)'
`,
} as const;
