/* The directories of the agreement; systemd/README.md says what lies in them. */
#pragma once

#define STORE "/var/lib/left4me" /* root's, sticky: left4me adds names of its own */
#define RUN "/run/left4me"       /* root's */
