// Without _GNU_SOURCE, like Swift's Glibc module: `fd_set` must look the same in all that are imported
// together.
#if !__has_include(<http_parser.h>)
#error "the http-parser headers are missing: apt-get install libhttp-parser-dev"
#endif
#include <http_parser.h>
