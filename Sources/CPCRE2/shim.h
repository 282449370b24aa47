#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 // first in every shim: headers that are imported together must agree on it
#endif
#if !__has_include(<pcre2.h>)
#error "the PCRE2 headers are missing: apt-get install libpcre2-dev"
#endif
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
