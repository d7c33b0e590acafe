#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift does not import.
static inline CURLcode moaa_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode moaa_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode moaa_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
typedef size_t (*moaa_curl_bytes)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode moaa_curl_on_body(CURL *handle, moaa_curl_bytes callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}
static inline CURLcode moaa_curl_on_header(CURL *handle, moaa_curl_bytes callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}
static inline long moaa_curl_get_long(CURL *handle, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(handle, info, &value) ? 0 : value;
}
static inline curl_off_t moaa_curl_get_offset(CURL *handle, CURLINFO info) {
  curl_off_t value = 0;
  return curl_easy_getinfo(handle, info, &value) ? 0 : value;
}
static inline void *moaa_curl_get_private(CURL *handle) {
  char *value = 0;
  return curl_easy_getinfo(handle, CURLINFO_PRIVATE, &value) ? 0 : value;
}
static inline CURLMcode moaa_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
// A union in Swift.
static inline CURLcode moaa_curl_result(const CURLMsg *message) { return message->data.result; }
