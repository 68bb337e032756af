// Landlock through its system calls: the kernel headers of a build machine may be older than the kernel it runs on.
#define _GNU_SOURCE
#include "CConfinement.h"

#include <errno.h>

#ifdef __linux__
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#endif

// The kernel's names and numbers (include/uapi/linux/landlock.h).
enum {
  ACCESS_EXECUTE = 1 << 0,
  ACCESS_WRITE_FILE = 1 << 1,
  ACCESS_READ_FILE = 1 << 2,
  ACCESS_READ_DIRECTORY = 1 << 3,
  ACCESS_REMOVE_DIRECTORY = 1 << 4,
  ACCESS_REMOVE_FILE = 1 << 5,
  ACCESS_MAKE_CHARACTER_DEVICE = 1 << 6,
  ACCESS_MAKE_DIRECTORY = 1 << 7,
  ACCESS_MAKE_FILE = 1 << 8,
  ACCESS_MAKE_SOCKET = 1 << 9,
  ACCESS_MAKE_FIFO = 1 << 10,
  ACCESS_MAKE_BLOCK_DEVICE = 1 << 11,
  ACCESS_MAKE_SYMLINK = 1 << 12,
  ACCESS_REFER = 1 << 13,
  ACCESS_TRUNCATE = 1 << 14,

  READING = ACCESS_EXECUTE | ACCESS_READ_FILE | ACCESS_READ_DIRECTORY,
  MAKING = ACCESS_REMOVE_DIRECTORY | ACCESS_REMOVE_FILE | ACCESS_MAKE_DIRECTORY | ACCESS_MAKE_FILE | ACCESS_MAKE_FIFO |
           ACCESS_MAKE_SYMLINK | ACCESS_REFER,
  // What nobody is ever admitted to make: a device or a socket is a way out.
  NEVER = ACCESS_MAKE_CHARACTER_DEVICE | ACCESS_MAKE_BLOCK_DEVICE | ACCESS_MAKE_SOCKET,
  WRITING = ACCESS_WRITE_FILE | ACCESS_TRUNCATE | MAKING | NEVER,
  ON_FILES = ACCESS_EXECUTE | ACCESS_WRITE_FILE | ACCESS_READ_FILE | ACCESS_TRUNCATE,
};

// Abstract local sockets of others cannot be reached, nor can processes outside be sent signals.
enum { SCOPE_ABSTRACT_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1 };

struct ruleset_attributes {
  uint64_t handled_files, handled_network, scoped;
};

struct path_attributes {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

int confinement_landlock_version(void) {
  long version = syscall(__NR_landlock_create_ruleset, (void *)0, (size_t)0, 1u);
  return version > 0 ? (int)version : 0;
}

static uint64_t handled(int restricts_reading, int version) {
  uint64_t access = WRITING | (restricts_reading ? READING : 0);
  if (version < 2) access &= ~(uint64_t)ACCESS_REFER;
  if (version < 3) access &= ~(uint64_t)ACCESS_TRUNCATE;
  return access;
}

int confinement_ruleset(int restricts_reading) {
  int version = confinement_landlock_version();
  if (version == 0) {
    errno = ENOSYS;
    return -1;
  }
  struct ruleset_attributes attributes = {.handled_files = handled(restricts_reading, version)};
  // An older kernel knows fewer of the fields, and is told so by the size.
  size_t size = sizeof(uint64_t);
  if (version >= 6) {
    attributes.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    size = sizeof attributes;
  }
  return (int)syscall(__NR_landlock_create_ruleset, &attributes, size, 0u);
}

int confinement_ruleset_allow(int ruleset, int restricts_reading, const char *path, confinement_access access) {
  int descriptor = open(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return -1;
  uint64_t allowed = READING;
  if (access == confinement_access_write) allowed |= ACCESS_WRITE_FILE | ACCESS_TRUNCATE | MAKING;
  if (access == confinement_access_device) allowed |= ACCESS_WRITE_FILE | ACCESS_TRUNCATE;
  if (access != confinement_access_read) allowed &= ~(uint64_t)ACCESS_EXECUTE;
  struct stat status;
  int result = fstat(descriptor, &status);
  if (result == 0) {
    if (!S_ISDIR(status.st_mode)) allowed &= ON_FILES;
    allowed &= handled(restricts_reading, confinement_landlock_version());
    struct path_attributes attributes = {.allowed = allowed, .parent = descriptor};
    // Nothing is left of a rule to read where reading is not restricted, and the kernel refuses an empty one.
    if (allowed != 0) result = (int)syscall(__NR_landlock_add_rule, ruleset, 1, &attributes, 0u);
  }
  int error = errno;
  close(descriptor);
  errno = error;
  return result;
}

#else

int confinement_landlock_version(void) { return 0; }

int confinement_ruleset(int restricts_reading) {
  (void)restricts_reading;
  errno = ENOSYS;
  return -1;
}

int confinement_ruleset_allow(int ruleset, int restricts_reading, const char *path, confinement_access access) {
  (void)ruleset, (void)restricts_reading, (void)path, (void)access;
  errno = ENOSYS;
  return -1;
}

#endif
