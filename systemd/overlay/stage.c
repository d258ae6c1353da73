#define _GNU_SOURCE
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "holders.h"
#include "layout.h"
#include "links.h"
#include "mounts.h"
#include "report.h"
#include "stack.h"
#include "trash.h"

#define PLACE STORE "/runtime/.stage"
#define STAGED ".staged"    /* in layers/; no build's id begins with a dot */
#define WRITTEN ".written-" /* in layers/, with a job's id: the daemon has yet to make a build of it, and reads the outbox for that */
#define OUTBOX ".outbox"    /* in runtime/: what the installer tells */
/*
 * A link to the outbox, by which the daemon finds it. It is gone with the boot: what a power cut left of an outbox says "done" of files
 * that never came to the disk.
 */
#define OUTBOX_LINK RUN "/outbox"

struct place {
  int runtime; /* descriptor of runtime/ */
  int here;    /* of runtime/.stage */
};

static struct place open_place(void) {
  int runtime = open_runtime();
  return (struct place){.runtime = runtime, .here = open_of_root(runtime, ".stage", PLACE)};
}

static bool is_mount(int here) {
  struct statx status;
  if (statx(here, "merged", AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, 0, &status) == 0)
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  if (errno != ENOENT) fail_errno(PLACE "/merged cannot be looked at");
  return false;
}

static void take_down(const struct place *place) {
  if (is_in_use(INSTALLER_GROUP)) fail(BUSY, "the installer still runs: %s", processes_of(INSTALLER_GROUP));
  if (is_mount(place->here)) unmount_merged(place->here, PLACE);
}

/* layers/, which is left4me's: what is moved into it or out of it is within its rights. -1: it is not there, or elsewhere. */
static int open_layers_directory(void) {
  struct stat status;
  int directory = open_as_left4me(AT_FDCWD, STORE "/layers", 0);
  const char *found = directory < 0 ? NULL : place_of(directory);
  if (!found || strcmp(found, STORE "/layers") != 0 || fstat(directory, &status) != 0) return -1;
  return status.st_uid == find_account("left4me").uid ? directory : -1;
}

/* The outbox itself is not below /run, which the installer could fill for the whole host. */
static void clear_outbox(const struct place *place) {
  if (unlink(OUTBOX_LINK) != 0 && errno != ENOENT) fail_errno(OUTBOX_LINK " cannot be removed");
  set_aside(place->runtime, place->runtime, OUTBOX, "stage");
}

static bool is_being_published(int layers) {
  const char *name;
  bool result = false;
  DIR *listing = list_directory(layers, ".");
  while (!result && (name = next_name(listing))) result = behind(name, WRITTEN) != NULL;
  closedir(listing);
  return result;
}

static void clear(const struct place *place, bool is_over) {
  int layers = open_layers_directory();
  set_aside(place->runtime, place->here, "data", "stage");
  if (!is_over || layers < 0 || !is_being_published(layers)) clear_outbox(place);
  if (layers < 0) return;
  set_aside(place->runtime, layers, STAGED, "stage");
  close(layers);
}

/* A directory of layers/ itself, of a plain name; what is half-made there begins with a dot. */
static bool is_build_layer(const char *path) {
  const char *id = behind(path, STORE "/layers/");
  return id && *id != '\0' && *id != '.' && !strchr(id, '/') && is_plain(id);
}

/* The stage order, left4me's: a directory of links, and nothing but links is looked at. */
static void read_stage_order(struct layers *layers) {
  int order = open_as_left4me(AT_FDCWD, STORE "/stage", 0);
  const char *found = order < 0 ? NULL : place_of(order);
  if (!found || strcmp(found, STORE "/stage") != 0) fail(REFUSED, STORE "/stage is not the directory of the stage order");
  if (!open_layers(order, layers)) fail(REFUSED, "the stage order has more than %d layers", MOST_LAYERS);
  for (int index = 0; index < layers->count; index++)
    if (!is_build_layer(layers->paths[index])) fail(REFUSED, "layer %03d of the stage order is not a directory of layers/", index);
  close(order);
}

static void make_directory(int at, const char *path, mode_t mode) {
  if ((mkdirat(at, path, mode) != 0 && errno != EEXIST) || fchmodat(at, path, mode, 0) != 0) fail_errno("%s cannot be made", path);
}

/* The installer's to write, for left4me to read. */
static void make_outbox(int runtime) {
  uid_t uid = find_account("left4me-steam").uid;
  gid_t gid = find_account("left4me").gid;
  if (mkdirat(runtime, OUTBOX, 0700) != 0 || fchownat(runtime, OUTBOX, uid, gid, AT_SYMLINK_NOFOLLOW) != 0 ||
      fchmodat(runtime, OUTBOX, S_ISGID | 0750, 0) != 0 || symlink(STORE "/runtime/" OUTBOX, OUTBOX_LINK) != 0)
    fail_errno("the installer's outbox cannot be made");
}

/* upper looks as the root of a layer does. */
static void make_directories(int here) {
  uid_t uid = find_account("left4me").uid;
  gid_t gid = find_account("left4me-game").gid;
  make_directory(here, "merged", 0700);
  make_directory(here, "data", 0700);
  make_directory(here, "data/work", 0700);
  make_directory(here, "data/upper", 0775);
  if (fchownat(here, "data/upper", uid, gid, AT_SYMLINK_NOFOLLOW) != 0) fail_errno("data/upper cannot be given to left4me");
}

void stage(void) {
  static struct layers layers;
  struct place place = open_place();
  take_down(&place);
  clear(&place, false);
  read_stage_order(&layers);
  make_outbox(place.runtime);
  make_directories(place.here);
  mount_stage(place.here, &layers);
}

void unstage(void) {
  struct place place = open_place();
  take_down(&place);
  clear(&place, true);
}

static void bring_to_disk(int directory) {
  int opened = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0 || fsync(opened) != 0) fail_errno("what was moved cannot be brought to the disk");
  close(opened);
}

void hand_over(void) {
  struct place place = open_place();
  take_down(&place);
  int data = openat(place.here, "data", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), layers = open_layers_directory();
  if (data < 0) fail(FAILED, "there is no stage that could be handed over");
  if (layers < 0) fail(REFUSED, STORE "/layers is not the directory of the layers");
  // The mount was volatile. Behind this the new name is the only thing that may be missing after a power cut.
  if (syncfs(data) != 0) fail_errno("what was installed cannot be brought to the disk");
  if (renameat2(data, "upper", layers, STAGED, RENAME_NOREPLACE) != 0) {
    if (errno == ENOENT) fail(FAILED, "there is no stage that could be handed over");
    fail_errno("what was installed cannot be moved to layers/" STAGED);
  }
  bring_to_disk(layers);
  bring_to_disk(data);
}
