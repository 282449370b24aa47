#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 // first in every shim: headers that are imported together must agree on it
#endif
#if !__has_include(<utf8proc.h>)
#error "the utf8proc headers are missing: apt-get install libutf8proc-dev"
#endif
#include <utf8proc.h>
