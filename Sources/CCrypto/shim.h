#if !__has_include(<openssl/evp.h>)
#error "the OpenSSL headers are missing: apt-get install libssl-dev"
#endif
#include <openssl/evp.h>
#include <openssl/params.h>
