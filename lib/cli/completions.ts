/** What does a shell offer when the tabulator is pressed? A script for each of three shells. */

import { type Option, spellings } from "./option.ts";
import { OPTIONS } from "./option_table.ts";

const takesNothing = ({ value }: Option) => value === undefined;
/** Takes a value that no shell can guess. */
const takesText = (option: Option) =>
  option.value !== undefined && option.values === undefined && !option.file;

/** For bash from 3.2 on, which macOS has, and without the package bash-completion. */
export function bashCompletion(): string {
  const patterns = (options: readonly Option[]) => options.flatMap(spellings).join("|");
  const choices = OPTIONS.filter(({ values }) => values !== undefined).map((option) =>
    `    ${patterns([option])}) words='${option.values!.join(" ")}' ;;`
  );
  return `\
# Completions of siem-client for bash.
_siem_client() {
  local IFS=$' \\t\\n' words= line current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  # For bash, a "=" is a word of its own.
  if [[ $current == = ]]; then current=
  elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  case $before in
${choices.join("\n")}
    ${patterns(OPTIONS.filter(({ file }) => file))})
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return ;;
    ${patterns(OPTIONS.filter(takesText))}) return ;;
    *) words='${OPTIONS.flatMap(spellings).join(" ")}' ;;
  esac
  if [[ $words == *--help* && $current != -* ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _siem_client siem-client
`;
}

/** For zsh; it works as a file of $fpath, and sourced after compinit. */
export function zshCompletion(): string {
  const specifications = OPTIONS.map((option) => {
    const { value, values, file, addsUp, help } = option;
    const names = spellings(option).map((name) =>
      value !== undefined && name.startsWith("--") ? `${name}=` : name
    );
    const action = values === undefined ? (file ? "_files" : " ") : `(${values.join(" ")})`;
    const rest = shellWord(
      `[${inSpecification(help)}]${value === undefined ? "" : `:${value}:${action}`}`,
    );
    if (addsUp) return `    '*'${names[0]}${rest}`;
    if (names.length === 1) return `    ${names[0]}${rest}`;
    return `    '(${spellings(option).join(" ")})'{${names.join(",")}}${rest}`;
  });
  return `\
#compdef siem-client
# Completions of siem-client for zsh.
_siem_client() {
  _arguments -s -S \\
${specifications.join(" \\\n")} \\
    '*:FILE:_files'
}
if [[ $funcstack[1] == _siem-client ]]; then _siem_client "$@"; else compdef _siem_client siem-client; fi
`;
}

/** For fish from 3.0 on. */
export function fishCompletion(): string {
  const lines = OPTIONS.map((option) => {
    const names = spellings(option).map((name) =>
      name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
    );
    const values = option.values === undefined ? "" : ` -a ${shellWord(option.values.join(" "))}`;
    const value = takesNothing(option) ? "" : option.file ? " -r -F" : ` -x${values}`;
    return `complete -c siem-client ${names.join(" ")}${value} -d ${shellWord(option.help)}\n`;
  });
  return `# Completions of siem-client for fish.\n${lines.join("")}`;
}

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What has a meaning in a description of _arguments. */
function inSpecification(text: string): string {
  return text.replace(/[\[\]\\:]/g, "\\$&");
}
