import type { CliContext } from "../context.ts";

export type Shell = "bash" | "zsh" | "fish" | "powershell";

const scripts: Readonly<Record<Shell, string>> = {
  bash: `# kubeops completion for bash
_kubeops() {
  local IFS=$'\\n'
  COMPREPLY=($(kubeops __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); fi
}
complete -o filenames -F _kubeops kubeops
`,
  zsh: `#compdef kubeops
# kubeops completion for zsh
_kubeops() {
  local -a proposals
  local line name brief
  while IFS=$'\\t' read -r name brief; do
    proposals+=("\${name//:/\\\\:}:\${brief}")
  done < <(kubeops __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#proposals} )); then _describe 'kubeops' proposals; else _files; fi
}
if [ "$funcstack[1]" = "_kubeops" ]; then _kubeops "$@"; else compdef _kubeops kubeops; fi
`,
  fish: `# kubeops completion for fish
function __kubeops_complete
  set -l words (commandline -opc) (commandline -ct)
  kubeops __complete -- $words[2..-1] 2>/dev/null
end
complete -c kubeops -a '(__kubeops_complete)'
`,
  powershell: `# kubeops completion for PowerShell
Register-ArgumentCompleter -Native -CommandName kubeops -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  kubeops __complete -- @words 2>$null | ForEach-Object {
    $name, $brief = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($brief) { $brief } else { $name }))
  }
}
`,
};

export function completion(this: CliContext, _flags: Record<never, never>, shell: Shell): void {
  this.process.stdout.write(scripts[shell]);
}
