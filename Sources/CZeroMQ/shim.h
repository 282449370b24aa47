// Without _GNU_SOURCE, like Swift's Glibc module: `fd_set` must look the same in all that are imported
// together.
#if !__has_include(<zmq.h>)
#error "the ZeroMQ headers are missing: apt-get install libzmq3-dev"
#endif
#include <zmq.h>
#include <errno.h>
