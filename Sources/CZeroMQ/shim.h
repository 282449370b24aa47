#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 // first in every shim: headers that are imported together must agree on it
#endif
#if !__has_include(<zmq.h>)
#error "the ZeroMQ headers are missing: apt-get install libzmq3-dev"
#endif
#include <zmq.h>
#include <errno.h>
