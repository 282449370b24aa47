// Without _GNU_SOURCE, unlike most shims: curl.h includes <sys/select.h>, and `fd_set` must look as it does
// in Swift's Glibc module, which is built without it.
#if !__has_include(<curl/curl.h>)
#error "the curl headers are missing: apt-get install libcurl4-openssl-dev"
#endif
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot import.
static inline CURLcode curl_shim_set_number(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode curl_shim_set_text(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode curl_shim_set_headers(CURL *curl, struct curl_slist *headers) {
    return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
}
static inline CURLcode curl_shim_set_body(CURL *curl, const void *bytes, curl_off_t count) {
    CURLcode code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, bytes);
}
static inline CURLcode curl_shim_set_receiver(CURL *curl, curl_write_callback receive, void *context) {
    CURLcode code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    return code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_WRITEDATA, context);
}
static inline CURLcode curl_shim_set_head_receiver(CURL *curl, curl_write_callback receive, void *context) {
    CURLcode code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
    return code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_HEADERDATA, context);
}
static inline CURLcode curl_shim_set_watcher(CURL *curl, curl_xferinfo_callback watch, void *context) {
    CURLcode code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    return code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_XFERINFODATA, context);
}
