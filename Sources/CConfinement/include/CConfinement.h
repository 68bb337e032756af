// Starts a child process that keeps within limits: of time, memory, files, network and privileges.
//
// Everything that the child does between clone and exec is async-signal-safe and touches no lock, so that a process of
// many threads can start children at any time, and however much memory it has. Linux only; elsewhere every start fails
// with ENOSYS.
#ifndef CCONFINEMENT_H
#define CCONFINEMENT_H

#include <stdint.h>
#include <sys/types.h>

// What a child is, and what it may do. Strings and arrays need to live until confinement_start returns.
typedef struct {
  const char *executable;     // a path
  char *const *arguments;     // the program's own name first; ends with NULL
  char *const *environment;   // NAME=value; ends with NULL
  const char *directory;      // where it runs
  int input, output, errors;  // become its descriptors 0, 1 and 2; every other one is closed
  int ruleset;                // from confinement_ruleset, or -1
  int allows_network;         // otherwise no socket can be made, but for a pair of local ones
  int allows_processes;       // otherwise only threads can be made
  uint64_t cpu_seconds, data_bytes, file_bytes, open_files;
} confinement_plan;

// The step of a start that failed.
typedef enum {
  confinement_stage_none,
  confinement_stage_clone,
  confinement_stage_session,
  confinement_stage_descriptors,
  confinement_stage_directory,
  confinement_stage_limits,
  confinement_stage_privileges,
  confinement_stage_landlock,
  confinement_stage_seccomp,
  confinement_stage_exec,
} confinement_stage;

// A child that was started, or why it was not.
typedef struct {
  pid_t pid;                // also the id of its process group and session, which it cannot leave
  int pidfd;                // readable once it has ended; the caller closes it
  confinement_stage stage;  // where the start failed
  int error;                // and the errno
} confinement_child;

// Starts a child; 0, or -1 with stage and error set and nothing left behind. The child is killed when the calling thread
// ends: call it from a thread that stays.
int confinement_start(const confinement_plan *plan, confinement_child *child);

// A pipe whose ends no other child inherits, the reading one first; 0, or -1 with errno.
int confinement_pipe(int ends[2]);

// A descriptor by which one thread wakes another out of poll: eight bytes written make it readable. It never blocks; -1
// with errno.
int confinement_wakeup(void);

// The kernel's version of Landlock; 0 where it has none.
int confinement_landlock_version(void);

// What a rule admits below its path.
typedef enum {
  confinement_access_read = 1,     // read files, list directories, execute
  confinement_access_write = 2,    // read, write, make, rename and remove
  confinement_access_device = 3,   // read and write what is there already
} confinement_access;

// A ruleset that refuses all writing, and all reading if asked, but for what is allowed then; -1 with errno, and ENOSYS
// where the kernel has no Landlock. The caller closes it.
int confinement_ruleset(int restricts_reading);

// Admits what lies at or below a path; 0, or -1 with errno (ENOENT for what is not there).
int confinement_ruleset_allow(int ruleset, int restricts_reading, const char *path, confinement_access access);

#endif
