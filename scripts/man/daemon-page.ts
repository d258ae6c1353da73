import { type DaemonOption, daemonOptions } from "../../src/daemon/daemon-options.ts";
import { daemonExamples, daemonExitCodes, daemonPurpose, daemonSignals, optionSource, optionTerm } from "../../src/daemon/help-text.ts";
import { example, type ManPage, terms, text } from "./man-page.ts";

/** left4me-hostd(8), from the table by which the command line is read. */
export function daemonPage(): ManPage {
  const options = Object.entries<DaemonOption>(daemonOptions);
  return {
    name: "left4me-hostd",
    section: 8,
    purpose: "daemon that controls the Left 4 Dead 2 game servers of a host",
    sections: [
      { title: "SYNOPSIS", blocks: [text("`left4me-hostd` [options]")] },
      {
        title: "DESCRIPTION",
        blocks: [
          text(daemonPurpose),
          text("The Debian package runs it as left4me-hostd.service, which left4me-hostd.socket starts when somebody connects."),
        ],
      },
      {
        title: "OPTIONS",
        blocks: terms(options.map(([key, option]) => [optionTerm(key, option), `${option.help}${optionSource(option)}`])),
      },
      {
        title: "ENVIRONMENT",
        blocks: [
          text("What the command line leaves out is taken from these; an empty one counts as none."),
          ...terms(options.flatMap(([key, option]) => variableRow(key, option))),
        ],
      },
      {
        title: "FILES",
        blocks: terms([
          ["/var/lib/left4me", "everything that is kept"],
          ["/run/left4me/operator.sock", "the socket; for members of the group left4me-operator"],
          ["/usr/share/doc/left4me-host/examples/left4me-hostd.conf", "how to set options of the service"],
        ]),
      },
      { title: "SIGNALS", blocks: [text(daemonSignals)] },
      { title: "EXIT STATUS", blocks: terms(Object.entries(daemonExitCodes)) },
      { title: "EXAMPLES", blocks: [example(...daemonExamples)] },
      { title: "SEE ALSO", blocks: [text("l4d2ctl(1), left4me-host.yaml(5), systemd.service(5), journalctl(1)")] },
    ],
  };
}

function variableRow(key: string, option: DaemonOption): [string, string][] {
  return option.variable === undefined ? [] : [[option.variable, `\`${optionTerm(key, option)}\``]];
}
