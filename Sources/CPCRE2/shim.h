// Without _GNU_SOURCE, like Swift's Glibc module: `fd_set` must look the same in all that are imported
// together.
#if !__has_include(<pcre2.h>)
#error "the PCRE2 headers are missing: apt-get install libpcre2-dev"
#endif
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
