// Without _GNU_SOURCE, like Swift's Glibc module: `fd_set` must look the same in all that are imported
// together.
#if !__has_include(<utf8proc.h>)
#error "the utf8proc headers are missing: apt-get install libutf8proc-dev"
#endif
#include <utf8proc.h>
