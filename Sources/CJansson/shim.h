// Without _GNU_SOURCE, like Swift's Glibc module: `fd_set` must look the same in all that are imported
// together.
#if !__has_include(<jansson.h>)
#error "the Jansson headers are missing: apt-get install libjansson-dev"
#endif
#include <jansson.h>
