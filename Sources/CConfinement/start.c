// The start of a confined child: clone, as posix_spawn does it, and what the child does to itself before exec.
#define _GNU_SOURCE
#include "CConfinement.h"
#include "filter.h"

#include <errno.h>

#ifdef __linux__
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_landlock_restrict_self
#define __NR_landlock_restrict_self 446
#endif

enum { STACK_BYTES = 64 * 1024 };

// What parent and child share: the child runs in the parent's memory until exec, while the parent's thread waits.
typedef struct {
  const confinement_plan *plan;
  confinement_filter filter;
  pid_t parent;
  confinement_stage stage;
  int error;
} shared_start;

static int enter_session(const shared_start *start) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
  // The parent may have ended before it was said what should happen then.
  if (getppid() != start->parent) _exit(127);
  if (setsid() < 0) return -1;
  // The kernel's own structure, all zero: the default. Its own call too: the C library's spares its own two signals.
  // Those that cannot be handled are refused.
  uint64_t usual[8] = {0};
  for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, usual, NULL, (size_t)8);
  umask(077);
  return 0;
}

static int arrange_descriptors(const confinement_plan *plan) {
  // First out of the way: one of them may be where another belongs.
  int sources[3] = {
      fcntl(plan->input, F_DUPFD_CLOEXEC, 3), fcntl(plan->output, F_DUPFD_CLOEXEC, 3),
      fcntl(plan->errors, F_DUPFD_CLOEXEC, 3)};
  for (int index = 0; index < 3; index++) {
    if (sources[index] < 0 || dup2(sources[index], index) < 0) return -1;
  }
  return 0;
}

// When the machine's memory runs out, the kernel ends the child first, and not its parent.
static void volunteer_for_the_out_of_memory_killer(void) {
  int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ssize_t written = write(descriptor, "1000", 4);
  (void)written;
  close(descriptor);
}

static int set_limit(__rlimit_resource_t resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit;
  // A limit that is stricter already stays.
  if (getrlimit(resource, &limit) != 0) return -1;
  if (hard < limit.rlim_max) limit.rlim_max = hard;
  limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
  return setrlimit(resource, &limit);
}

static int set_limits(const confinement_plan *plan) {
  // The second after the warning is for runtimes that take the warning for a mere notice, as Go's does.
  if (set_limit(RLIMIT_CPU, plan->cpu_seconds, plan->cpu_seconds + 1) != 0) return -1;
  if (set_limit(RLIMIT_DATA, plan->data_bytes, plan->data_bytes) != 0) return -1;
  if (set_limit(RLIMIT_FSIZE, plan->file_bytes, plan->file_bytes) != 0) return -1;
  // One byte, not none: only that keeps a core from a program that the kernel would pipe it to.
  if (set_limit(RLIMIT_CORE, 1, 1) != 0) return -1;
  return set_limit(RLIMIT_NOFILE, plan->open_files, plan->open_files);
}

static int drop_privileges(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2];
  memset(none, 0, sizeof none);
  // Without new privileges, exec gives root nothing back of what it has not.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return (int)syscall(SYS_capset, &header, none);
}

static void close_others(void) {
  if (syscall(__NR_close_range, 3u, ~0u, 0u) == 0) return;
  for (int descriptor = 3; descriptor < 65536; descriptor++) close(descriptor);
}

static int install_filter(confinement_filter *filter) {
  pid_t own = getpid();
  for (int index = 0; index < filter->own_process_count; index++)
    filter->instructions[filter->own_process[index]].k = (unsigned)own;
  struct sock_fprog program = {.len = filter->count, .filter = filter->instructions};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int fail(shared_start *start, confinement_stage stage) {
  start->error = errno;
  start->stage = stage;
  _exit(127);
}

static int run_child(void *argument) {
  shared_start *start = argument;
  const confinement_plan *plan = start->plan;
  if (enter_session(start) != 0) return fail(start, confinement_stage_session);
  if (arrange_descriptors(plan) != 0) return fail(start, confinement_stage_descriptors);
  if (chdir(plan->directory) != 0) return fail(start, confinement_stage_directory);
  volunteer_for_the_out_of_memory_killer();
  if (drop_privileges() != 0) return fail(start, confinement_stage_privileges);
  if (plan->ruleset >= 0 && syscall(__NR_landlock_restrict_self, plan->ruleset, 0u) != 0)
    return fail(start, confinement_stage_landlock);
  close_others();
  if (set_limits(plan) != 0) return fail(start, confinement_stage_limits);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (install_filter(&start->filter) != 0) return fail(start, confinement_stage_seccomp);
  execve(plan->executable, plan->arguments, plan->environment);
  return fail(start, confinement_stage_exec);
}

int confinement_start(const confinement_plan *plan, confinement_child *child) {
  memset(child, 0, sizeof *child);
  child->pidfd = -1;
  shared_start start = {.plan = plan, .parent = getpid()};
  if (confinement_filter_make(&start.filter, plan->allows_network, plan->allows_processes) != 0) {
    child->stage = confinement_stage_seccomp;
    child->error = ENOSYS;
    return -1;
  }
  void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) {
    child->stage = confinement_stage_clone;
    child->error = errno;
    return -1;
  }
  // No handler of the parent's may run in the child, which has the parent's memory.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  int pidfd = -1;
  pid_t pid =
      clone(run_child, (char *)stack + STACK_BYTES, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, &pidfd);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  munmap(stack, STACK_BYTES);
  if (pid < 0) {
    child->stage = confinement_stage_clone;
    child->error = error;
    return -1;
  }
  if (start.stage != confinement_stage_none) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(pidfd);
    child->stage = start.stage;
    child->error = start.error;
    return -1;
  }
  child->pid = pid;
  child->pidfd = pidfd;
  return 0;
}

int confinement_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int confinement_wakeup(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

#else

int confinement_pipe(int ends[2]) {
  (void)ends;
  errno = ENOSYS;
  return -1;
}

int confinement_wakeup(void) {
  errno = ENOSYS;
  return -1;
}

int confinement_start(const confinement_plan *plan, confinement_child *child) {
  (void)plan;
  *child = (confinement_child){.pidfd = -1, .stage = confinement_stage_clone, .error = ENOSYS};
  return -1;
}

#endif
