// Which system calls a confined child may make, as a program of the kernel's packet filter.
#define _GNU_SOURCE
#include "filter.h"

#ifdef __linux__
#include <errno.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

// Calls that no renderer needs: they reach into other processes, into the kernel, into what is mounted, or around this
// filter (io_uring makes sockets without asking it); or they leave the session, by which all are killed together.
static const int refused[] = {
    __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_kcmp,
    __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_setns, __NR_unshare,
    __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_syslog, __NR_acct,
    __NR_kexec_load, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_reboot,
    __NR_keyctl, __NR_add_key, __NR_request_key,
    __NR_swapon, __NR_swapoff, __NR_quotactl, __NR_sethostname, __NR_setdomainname,
    __NR_settimeofday, __NR_clock_settime, __NR_adjtimex, __NR_clock_adjtime,
    __NR_open_by_handle_at, __NR_name_to_handle_at, __NR_fanotify_init, __NR_vhangup, __NR_lookup_dcookie,
    __NR_setsid, __NR_setpgid, __NR_tkill, __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo,
#ifdef __NR_kexec_file_load
    __NR_kexec_file_load,
#endif
#ifdef __NR_iopl
    __NR_iopl,
#endif
#ifdef __NR_ioperm
    __NR_ioperm,
#endif
#ifdef __NR_modify_ldt
    __NR_modify_ldt,
#endif
#ifdef __NR_uselib
    __NR_uselib,
#endif
#ifdef __NR_io_uring_setup
    __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register,
#endif
#ifdef __NR_fsopen
    __NR_open_tree, __NR_move_mount, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
#endif
#ifdef __NR_mount_setattr
    __NR_mount_setattr,
#endif
#ifdef __NR_pidfd_send_signal
    __NR_pidfd_send_signal,
#endif
#ifdef __NR_pidfd_getfd
    __NR_pidfd_getfd,
#endif
#ifdef __NR_process_madvise
    __NR_process_madvise,
#endif
};

static void add(confinement_filter *filter, struct sock_filter instruction) {
  if (filter->count < FILTER_CAPACITY) filter->instructions[filter->count] = instruction;
  filter->count++;
}

static void load(confinement_filter *filter, size_t offset) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void answer(confinement_filter *filter, unsigned value) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

// Goes on where the value equals, and skips some instructions where it does not.
static void unless(confinement_filter *filter, unsigned value, unsigned char skipped) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

static void refuse(confinement_filter *filter, int call, int error) {
  unless(filter, (unsigned)call, 1);
  answer(filter, SECCOMP_RET_ERRNO | (unsigned)error);
}

// Both architectures are little-endian: the low half of an argument comes first.
static size_t argument(int index) { return offsetof(struct seccomp_data, args) + 8 * (size_t)index; }

// Admits a call only with this first argument.
static void require(confinement_filter *filter, int call, unsigned value, int error) {
  unless(filter, (unsigned)call, 4);
  load(filter, argument(0));
  unless(filter, value, 1);
  answer(filter, SECCOMP_RET_ALLOW);
  answer(filter, SECCOMP_RET_ERRNO | (unsigned)error);
}

static void require_own_process(confinement_filter *filter, int call) {
  filter->own_process[filter->own_process_count++] = filter->count + 2;
  require(filter, call, 0, EPERM);
}

static void restrict_clone(confinement_filter *filter, int allows_processes) {
  // Its flags lie in memory, where no filter sees them; told that it is not there, C libraries use clone.
#ifdef __NR_clone3
  refuse(filter, __NR_clone3, ENOSYS);
#endif
  const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                              CLONE_NEWNET | CLONE_NEWTIME;
  unless(filter, __NR_clone, 5);
  load(filter, argument(0));
  if (allows_processes) {
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces & ~0xFFu, 0, 1));
    answer(filter, SECCOMP_RET_ERRNO | EPERM);
    answer(filter, SECCOMP_RET_ALLOW);
    answer(filter, SECCOMP_RET_ALLOW);
    return;
  }
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
  answer(filter, SECCOMP_RET_ERRNO | EPERM);
  answer(filter, SECCOMP_RET_ALLOW);
  answer(filter, SECCOMP_RET_ALLOW);
#ifdef __NR_fork
  refuse(filter, __NR_fork, EPERM);
#endif
#ifdef __NR_vfork
  refuse(filter, __NR_vfork, EPERM);
#endif
}

int confinement_filter_make(confinement_filter *filter, int allows_network, int allows_processes) {
#ifndef NATIVE_ARCHITECTURE
  (void)filter, (void)allows_network, (void)allows_processes;
  return -1;
#else
  filter->count = 0;
  filter->own_process_count = 0;
  load(filter, offsetof(struct seccomp_data, arch));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0));
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  load(filter, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  // The calls of the x32 ABI have numbers of their own.
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1));
  answer(filter, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  for (size_t index = 0; index < sizeof refused / sizeof refused[0]; index++) refuse(filter, refused[index], EPERM);
  // Another process's limits are not its own to set.
  require(filter, __NR_prlimit64, 0, EPERM);
  if (!allows_network) {
    refuse(filter, __NR_socket, EACCES);
    require(filter, __NR_socketpair, AF_UNIX, EACCES);
  }
  restrict_clone(filter, allows_processes);
  if (!allows_processes) {
    require_own_process(filter, __NR_kill);
    require_own_process(filter, __NR_tgkill);
  }
  answer(filter, SECCOMP_RET_ALLOW);
  return filter->count <= FILTER_CAPACITY ? 0 : -1;
#endif
}

#endif
