#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 // first in every shim: headers that are imported together must agree on it
#endif
#if !__has_include(<http_parser.h>)
#error "the http-parser headers are missing: apt-get install libhttp-parser-dev"
#endif
#include <http_parser.h>
