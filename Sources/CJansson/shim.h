#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 // first in every shim: headers that are imported together must agree on it
#endif
#if !__has_include(<jansson.h>)
#error "the Jansson headers are missing: apt-get install libjansson-dev"
#endif
#include <jansson.h>
