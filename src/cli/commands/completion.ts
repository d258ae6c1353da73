import type { Command } from "commander";
import { createHostClient } from "../../client/index.ts";
import { chooseAddress } from "../host-candidates.ts";
import type { GlobalOptions } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

/** What the arguments of a command are, for completion; the others complete files. */
const argumentKinds: Readonly<Record<string, string>> = {
  initialize: "instances",
  start: "instances",
  stop: "instances",
  restart: "instances",
  reset: "instances",
  delete: "instances",
  status: "instances",
  logs: "instances",
  explain: "instances",
  activate: "builds",
};

/** Prints the completion script for a shell. */
export async function completionCommand(terminal: Terminal, program: Command, shell: string): Promise<number> {
  const scripts: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) throw new UsageError(`there is a completion for bash, zsh and fish, not for "${shell}"`);
  terminal.out(script(program));
  return 0;
}

/** Prints names for the scripts. Silent without a host: a shell's Tab must not print errors, nor wait long. */
export async function completeCommand(terminal: Terminal, kind: string, options: GlobalOptions): Promise<number> {
  try {
    const client = createHostClient({ address: await chooseAddress(options.address, terminal), timeoutMs: 1000 });
    try {
      const names =
        kind === "builds"
          ? (await client.installation.listBuilds({})).builds.map(({ id }) => id)
          : (await client.instances.listInstances({})).instances.map(({ name }) => name);
      terminal.out(names.map((name) => `${name}\n`).join(""));
    } finally {
      client.close();
    }
  } catch {
    return 1;
  }
  return 0;
}

/** A command and its options, as the scripts need them. */
type Entry = {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
  readonly subcommands: readonly string[];
};

function entriesOf(program: Command): Entry[] {
  const visible = program.createHelp().visibleCommands(program);
  return visible.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [...command.options, ...program.options].flatMap(({ long }) => (long ? [long] : [])).concat("--help"),
    subcommands: command.commands.map((child) => child.name()),
  }));
}

function bash(program: Command): string {
  const entries = entriesOf(program);
  const cases = entries.map(({ name, flags, subcommands }) => {
    const kind = argumentKinds[name];
    const words =
      kind !== undefined ? `$(l4d2ctl __complete ${kind} 2>/dev/null)` : name === "completion" ? "bash zsh fish" : subcommands.join(" ");
    return `    ${name}) flags="${flags.join(" ")}"; words="${words}" ;;`;
  });
  return `# bash completion of l4d2ctl: source <(l4d2ctl completion bash)
_l4d2ctl() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} flags= words= command= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $previous in
    -f|--file|--import) return ;;
    --wait-for) COMPREPLY=($(compgen -W "active ready" -- "$current")); return ;;
  esac
  case $command in
${cases.join("\n")}
    *) flags="--address --timeout --help --version"; words="${entries.map(({ name }) => name).join(" ")}" ;;
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _l4d2ctl l4d2ctl
`;
}

function zsh(program: Command): string {
  const entries = entriesOf(program);
  const list = entries.map(({ name, description }) => `    '${name}:${description.replaceAll("'", "").replaceAll(":", "\\:")}'`);
  const cases = entries.map(({ name, flags, subcommands }) => {
    const kind = argumentKinds[name];
    const words =
      kind !== undefined
        ? `\${(f)"$(l4d2ctl __complete ${kind} 2>/dev/null)"}`
        : name === "completion"
          ? "bash zsh fish"
          : subcommands.join(" ");
    return `    ${name}) flags=(${flags.join(" ")}); values=(${words}) ;;`;
  });
  return `#compdef l4d2ctl
# zsh completion of l4d2ctl: l4d2ctl completion zsh > a file _l4d2ctl in a directory of $fpath
_l4d2ctl() {
  local -a commands flags values
  commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
${cases.join("\n")}
  esac
  if [[ $words[CURRENT-1] == (-f|--file|--import) ]]; then _files; return; fi
  if [[ $words[CURRENT] == -* ]]; then compadd -- $flags; return; fi
  (( $#values )) && compadd -- $values || _files
}
if [[ $funcstack[1] == _l4d2ctl ]]; then _l4d2ctl "$@"; else compdef _l4d2ctl l4d2ctl; fi
`;
}

function fish(program: Command): string {
  const entries = entriesOf(program);
  const lines = entries.flatMap(({ name, description, flags, subcommands }) => {
    const text = description.replaceAll("'", "\\'");
    const inCommand = `complete -c l4d2ctl -n '__fish_seen_subcommand_from ${name}'`;
    const kind = argumentKinds[name];
    const words =
      kind !== undefined ? `(l4d2ctl __complete ${kind} 2>/dev/null)` : name === "completion" ? "bash zsh fish" : subcommands.join(" ");
    return [
      `complete -c l4d2ctl -n __fish_use_subcommand -f -a ${name} -d '${text}'`,
      ...(words === "" ? [] : [`${inCommand} -f -a '${words}'`]),
      ...flags.map((flag) => `${inCommand} -l ${flag.slice(2)}`),
    ];
  });
  return `# fish completion of l4d2ctl: l4d2ctl completion fish > ~/.config/fish/completions/l4d2ctl.fish\n${lines.join("\n")}\n`;
}
