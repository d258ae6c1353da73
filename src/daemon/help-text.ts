/** What `left4me-hostd --help` prints. */
export const helpText = `Usage: left4me-hostd [options]

Controls the game servers of this host and serves left4me.host.v1 (gRPC, gRPC-Web and Connect).

Options:
  --root DIR            where everything is kept (LEFT4ME_ROOT; default /var/lib/left4me)
  --listen ADDRESS      unix:/path or http://127.0.0.1:port; repeatable
                        (a unix socket is always there: one that systemd passes, else hostd.sock in the root)
  --driver NAME         auto, systemd or embedded (LEFT4ME_DRIVER; default auto: systemd where it is
                        PID 1 and the units of left4me-host are installed)
  --transport NAME      how the systemd driver reaches PID 1: auto, dbus or sudo
                        (LEFT4ME_TRANSPORT; default auto: dbus, else sudo where that can work)
  --game-uid UID        as whom games run when the daemon runs as root (LEFT4ME_GAME_UID)
  --game-gid GID        their group (LEFT4ME_GAME_GID)
  --log-format FORMAT   text or json, on standard error (default text)
  --log-level LEVEL     debug, info, warn or error (default info)
  -V, --version         print the version
  -h, --help            print this text

SIGTERM or SIGINT ends the daemon within five seconds; games go on. A second one ends it at once.
Exit codes: 0 ended as asked, 1 could not run, 2 the command line is wrong.
`;
