#ifndef FLOTILLA_CZEROMQ_SHIM_H
#define FLOTILLA_CZEROMQ_SHIM_H
#include <zmq.h>

// What libzmq's descriptors are waited on with, and what frees memory for others; Swift's Glibc module leaves these out.
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// Names the calling thread for `top -H` and debuggers; the first 15 bytes count.
static inline void flotilla_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#ifndef ZMQ_ZERO_COPY_RECV
// Of zmq_ctx_set(3): zmq.h names it with its drafts alone, and releases know it all the same.
#define ZMQ_ZERO_COPY_RECV 10
#endif

#endif
