// The seccomp filter of a confined child. Not part of the module's interface.
#ifndef CCONFINEMENT_FILTER_H
#define CCONFINEMENT_FILTER_H

#ifdef __linux__
#include <linux/filter.h>
#include <stddef.h>

enum { FILTER_CAPACITY = 256 };

typedef struct {
  struct sock_filter instructions[FILTER_CAPACITY];
  unsigned short count;
  // Where the child's own process id belongs, which only the child knows.
  unsigned short own_process[4];
  unsigned short own_process_count;
} confinement_filter;

// Writes the filter; 0, or -1 on an architecture that it does not know.
int confinement_filter_make(confinement_filter *filter, int allows_network, int allows_processes);

#endif
#endif
